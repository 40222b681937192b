import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostListenerRoutes } from '@bigeye/contracts';
import { createOpenApi } from '../../apps/control-plane/src/http/openapi.ts';
import { root, startTestStack, type TestHost } from './test-stack.ts';

const schemathesis = join(root, '.tools/schemathesis/bin/schemathesis');

export interface FuzzResult {
  caller: string;
  sent: number;
  /** "POST /path: 500", each once. */
  serverErrors: string[];
  /** The end of what schemathesis said. */
  output: string;
}

/**
 * Sends what schemathesis makes of our OpenAPI document to a real control plane: each route of the API as each role, as an
 * agent and as nobody, and each route of the host API as a host. `seconds`: for each caller.
 */
export async function fuzzApi({ seconds, checks }: { seconds: number; checks: string }): Promise<FuzzResult[]> {
  if (!existsSync(schemathesis)) throw new Error('schemathesis is missing: run script/bootstrap test');
  const folder = mkdtempSync(join(tmpdir(), 'api-fuzz-'));
  try {
    await using stack = await startTestStack();
    const host = await stack.registerHost('fuzz-01');
    const { id: jobId } = await stack.createJob({ hostId: host.id });
    const { id: runId } = await stack.admin.call('startRun', { params: { jobId } });
    const { apiKey: agentKey } = await stack.admin.call('createAgentApiKey', { body: { name: 'fuzz' } });
    const [member, viewer] = [await stack.createUser('member'), await stack.createUser('viewer')];
    const known = { hostId: host.id, jobId, runId, nodeId: 1, name: 'report.json' };
    const api = join(folder, 'api.json');
    writeFileSync(api, JSON.stringify(withKnown(createOpenApi(stack.apiUrl), known)));
    const hostApi = join(folder, 'host-api.json');
    writeFileSync(hostApi, JSON.stringify(withKnown(createOpenApi(stack.hostApiUrl, hostListenerRoutes), known)));
    const keys = { admin: stack.adminKey, member: member.key, viewer: viewer.key, agent: agentKey, nobody: undefined };
    const results: FuzzResult[] = [];
    const run = async (caller: string, more: string[]) =>
      results.push(await runSchemathesis(caller, folder, more, { seconds, checks }));
    // Members and admins change what the others need, so they come last; the host keeps its certificate to the end.
    await run('host', [hostApi, '--url', stack.hostApiUrl, ...certificateOf(host, folder)]);
    for (const [caller, key] of Object.entries(keys).reverse())
      await run(caller, [api, '--url', stack.apiUrl, ...(key ? ['--header', `Authorization: apikey ${key}`] : [])]);
    return results;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function certificateOf({ identity }: TestHost, folder: string): string[] {
  const [certificate, key] = [join(folder, 'host.pem'), join(folder, 'host_key.pem')];
  writeFileSync(certificate, identity.certificate);
  writeFileSync(key, identity.privateKey, { mode: 0o600 });
  // Its name is no address; that it is checked is for other tests.
  return ['--request-cert', certificate, '--request-cert-key', key, '--tls-verify', 'false'];
}

/** A random id leads to a 404 and no further, so every other one is of something that is there. */
function withKnown(document: object, known: Record<string, unknown>): object {
  const copy = structuredClone(document) as { paths: Record<string, Record<string, { parameters?: Parameter[] }>> };
  for (const operations of Object.values(copy.paths))
    for (const { parameters } of Object.values(operations))
      for (const parameter of parameters ?? [])
        if (parameter.in === 'path' && known[parameter.name] !== undefined)
          parameter.schema = { anyOf: [{ const: known[parameter.name] }, parameter.schema] };
  return copy;
}

interface Parameter {
  in: string;
  name: string;
  schema: object;
}

async function runSchemathesis(
  caller: string,
  folder: string,
  more: string[],
  { seconds, checks }: { seconds: number; checks: string },
): Promise<FuzzResult> {
  const report = join(folder, `${caller}.har`);
  const args = [
    ...['run', ...more, '--phases', 'coverage,fuzzing', '--max-time', String(seconds), '--checks', checks],
    ...['--report', 'har', '--report-har-path', report, '--no-color', '--continue-on-failure', '--no-shrink'],
    ...['--suppress-health-check', 'all', '--warnings', 'off', '--request-timeout', '10', '--workers', '1'],
    // An answer without an end.
    ...['--exclude-operation-id', 'streamRunEvents'],
  ];
  const child = spawn(schemathesis, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
  if (!existsSync(report)) throw new Error(`schemathesis did not run:\n${output}`);
  const { log } = JSON.parse(readFileSync(report, 'utf8')) as { log: { entries: Entry[] } };
  const errors = log.entries.filter(({ response }) => response.status >= 500);
  return {
    caller,
    sent: log.entries.length,
    serverErrors: [
      ...new Set(
        errors.map(
          (e) => `${e.request.method} ${e.request.url} ${e.request.postData?.text ?? ''}: ${e.response.status}`,
        ),
      ),
    ],
    output,
  };
}

interface Entry {
  request: { method: string; url: string; postData?: { text?: string } };
  response: { status: number };
}
