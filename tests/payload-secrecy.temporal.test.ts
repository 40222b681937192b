import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunId } from '@bigeye/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { historyOf } from './support/temporal-history.ts';
import { type Programs, type RunningHost, startTestHost } from './support/test-host.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** What must never be readable in Temporal: twenty words that occur nowhere else. */
const canary = (n: number): string => `canary${String(n).padStart(2, '0')}-kestrel`;
const canaries = Array.from({ length: 20 }, (_, index) => canary(index + 1));
/** As they may lie in a database: bare, in UTF-16, in base64 at each of its three alignments. */
const spellings = (word: string): Buffer[] => [
  Buffer.from(word),
  Buffer.from(word, 'utf16le'),
  ...[0, 1, 2].map((offset) => {
    const encoded = Buffer.from(' '.repeat(offset) + word).toString('base64');
    return Buffer.from(encoded.slice(offset === 0 ? 0 : 4, -4));
  }),
];

const programs: Programs = {
  [canary(1)]: (container) => {
    container.print(
      JSON.stringify({ type: 'result', outcome: 'succeeded', exitCode: 0, message: canary(2), counts: {} }),
    );
    container.print(canary(3));
    container.exit(0);
  },
  [canary(4)]: (container) => {
    container.print(JSON.stringify({ type: 'result', outcome: 'failed', exitCode: 3, message: canary(5), counts: {} }));
    container.print(canary(6), 'stderr');
    container.exit(3);
  },
  [canary(7)]: (container) => {
    container.onTerminate = () => container.exit(143);
  },
};

const temporalUi = 'https://temporal.example:8233';
let stack: TestStack;
let host: TestHost;
let running: RunningHost;
let jobs = 0;

beforeAll(async () => {
  stack = await startTestStack({ TEMPORAL_UI_ORIGIN: temporalUi });
  host = await stack.registerHost('etl-01');
  running = await startTestHost(stack, host, programs);
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

async function start(connectionName: string): Promise<RunId> {
  const parameters = { connectors: ['postgres'], connectionName };
  const job = await stack.createJob({
    name: `${canary(20)} ${jobs++}`,
    hostId: host.id,
    parameters,
    settings: { cancelGraceSeconds: 1 },
  });
  return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
}

test('nothing of parameters, errors, outcomes and host paths is readable in the database or history of Temporal', async () => {
  const settings = readFileSync(running.home.agentFile, 'utf8');
  const runs: RunId[] = [await start(canary(1)), await start(canary(4))];
  for (const runId of runs) await stack.finished(runId);

  const canceled = await start(canary(7));
  await expect
    .poll(async () => (await stack.admin.call('getRun', { params: { runId: canceled } })).status)
    .toBe('running');
  await stack.admin.call('cancelRun', { params: { runId: canceled } });
  await stack.finished(canceled);

  // Failures that say what is in the way: a name, a path on the host, a part of a broken file, an image.
  const failing = async (change: string, connectionName: string) => {
    writeFileSync(running.home.agentFile, change);
    const runId = await start(connectionName);
    runs.push(runId);
    return (await stack.finished(runId)).failure?.message ?? '';
  };
  const said = [
    await failing(settings, canary(8)),
    await failing(settings.replace('"agents"', `"agents": ["${canary(9)}"], "x"`), canary(1)),
    await failing(`{${canary(10)}: [`, canary(1)),
    await failing(
      settings.replace('{"lineage_plus":{}}', `{"lineage_plus":{"image":"bigeyedata/${canary(11)}:1"}}`),
      canary(1),
    ),
  ].join('\n');
  writeFileSync(running.home.agentFile, settings);
  // They did happen, and the operator is told: what is searched for below is really under way.
  for (const word of [canary(8), canary(11), running.home.folder]) expect(said).toContain(word);

  const databases = readdirSync(stack.dataDir).filter((name) => name.startsWith('temporal.db'));
  const bytes = Buffer.concat(databases.map((name) => readFileSync(join(stack.dataDir, name))));
  expect(bytes.includes(runs[0] as string)).toBe(true);
  const histories = (await Promise.all([...runs, canceled].map((runId) => historyOf(stack, runId)))).join('\n');
  const found = [...canaries, running.home.folder, 'hunter22'].filter((word) =>
    spellings(word).some((spelling) => bytes.includes(spelling) || histories.includes(spelling.toString())),
  );
  expect(found).toEqual([]);
  expect(spellings(runs[0] as string).some((spelling) => bytes.includes(spelling))).toBe(true);
}, 120_000);

test("an admin reads a run in Temporal's own tools by the codec endpoint; nobody else does", async () => {
  const runId = await start(canary(1));
  await stack.finished(runId);
  const endpoint = ['--codec-endpoint', `${stack.apiUrl}/api/v1/agent-orchestrator/payload-codec`, '--codec-auth'];
  const history = await historyOf(stack, runId, ...endpoint, `apikey ${stack.adminKey}`);
  const words = [...history.matchAll(/"data": "([A-Za-z0-9+/=]+)"/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString(),
  );
  expect(words.join('\n') + history).toContain(canary(1));
  const viewer = await stack.createUser('viewer');
  await expect(viewer.client.call('decodePayloads', { body: { payloads: [] } })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
});

test("Temporal's own UI may use an admin's session for the codec endpoint, and for nothing else; no other site may", async () => {
  const path = '/api/v1/agent-orchestrator/payload-codec/decode';
  const signIn = await fetch(`${stack.apiUrl}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiKey: stack.adminKey }),
  });
  const cookie = signIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const ask = (at: string, origin: string, method = 'POST') =>
    fetch(stack.apiUrl + at, {
      method,
      headers: { cookie, origin, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: JSON.stringify({ payloads: [] }) } : {}),
    });
  const preflight = await ask(path, temporalUi, 'OPTIONS');
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe(temporalUi);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('x-namespace');
  const answer = await ask(path, temporalUi);
  expect([answer.status, await answer.json()]).toEqual([200, { payloads: [] }]);
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
  expect((await ask(path, 'https://elsewhere.example')).status).toBe(401);
  expect((await ask(path, 'https://elsewhere.example')).headers.get('access-control-allow-origin')).toBeNull();
  expect((await ask('/api/v1/agent-api-keys', temporalUi)).status).toBe(401);
});

test('a message that was changed on the way ends the run, and says so', async () => {
  const keyFile = running.home.accountPrivateKey;
  const key = readFileSync(keyFile);
  writeFileSync(keyFile, execFileSync('openssl', ['genrsa', '2048'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  const runId = await start(canary(1));
  expect(await stack.finished(runId)).toMatchObject({ status: 'failed', failure: { code: 'PAYLOAD_UNREADABLE' } });
  writeFileSync(keyFile, key);
});
