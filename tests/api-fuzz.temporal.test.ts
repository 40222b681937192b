import { afterAll, beforeAll, expect, test } from 'vitest';
import { fuzzApi } from './support/api-fuzz.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** The short form of script/api-fuzz, and the values that once led to a 500. */

let stack: TestStack;
let host: TestHost;

beforeAll(async () => {
  stack = await startTestStack();
  host = await stack.registerHost('inputs-01');
});
afterAll(() => stack?.[Symbol.asyncDispose]());

async function statusOf(method: string, path: string, body?: unknown): Promise<number> {
  const headers = {
    authorization: `apikey ${stack.adminKey}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const answer = await fetch(stack.apiUrl + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return answer.status;
}

const orchestrator = '/api/v1/agent-orchestrator';
const cursor = (text: string): string => Buffer.from(text).toString('base64url');
const ids = [0, -1, 2 ** 31, 2 ** 53, 1e300, 'NaN', '1.5', '0x10000000000'];

test.each([
  ...['-271821-04-20T00:00:00.000Z x', '+275760-09-13T00:00:00.000Z x', '0000-01-01T00:00:00.000Z x', '2026 x'].flatMap(
    (text) => [`${orchestrator}/runs?cursor=${cursor(text)}`, `${orchestrator}/jobs?cursor=${cursor(text)}`],
  ),
  `${orchestrator}/runs?cursor=${cursor('2026-01-01T00:00:00.000Z run_\0')}`,
  `/api/v1/audit?cursor=${'9'.repeat(40)}`,
  ...['0000-01-01T00:00:00Z', '2026-02-31T00:00:00Z', '2026-13-01T00:00:00Z'].map((at) => `/api/v1/audit?from=${at}`),
  ...['actor', 'action'].map((name) => `/api/v1/audit?${name}=%00`),
  '/api/v2/lineage/nodes?search=a%00b',
  ...ids.flatMap((id) =>
    ['', '/graph', '/neighbourhood', '/neighbours?way=UPSTREAM'].map((what) => `/api/v2/lineage/nodes/${id}${what}`),
  ),
  ...['opened=1,', 'more=12', 'with=a', 'column=0', 'upstream=99'].map(
    (query) => `/api/v2/lineage/nodes/1/neighbourhood?${query}`,
  ),
  `${orchestrator}/runs/run_${'0'.repeat(20)}/log?after=1e300`,
])('GET %s is refused as the sender’s mistake', async (path) => {
  expect(await statusOf('GET', path)).toBe(400);
});

test('bodies that no part can keep are refused as the sender’s mistake', async () => {
  const repositories = '/api/v2/lineage/custom-repositories';
  const sync = { customRepositoryId: 1, nodes: [], edges: [] };
  const node = { externalId: 'a', nodeName: 'a', nodeType: 'TABLE' };
  for (const body of [
    ...[{ name: 'a\0' }, { name: '\ud800' }, { name: 'a', workspaceId: 2 ** 31 }, { name: 'a', workspaceId: 1e300 }],
    ...['', '{', '[', '['.repeat(100_000), 'null', '{"__proto__":1}', '"\\ud800"'],
  ])
    expect(await statusOf('POST', repositories, body)).toBe(400);
  for (const body of [
    ...ids.map((customRepositoryId) => ({ ...sync, customRepositoryId })),
    { ...sync, nodes: [{ ...node, externalId: 'a\0' }] },
    { ...sync, nodes: [{ ...node, attributes: [{ name: 'a', value: '\0' }] }] },
    { ...sync, nodes: [{ ...node, containerExternalId: 'a' }] },
  ])
    expect(await statusOf('POST', `${repositories}/sync`, body)).toBe(400);
  const job = { name: 'a', hostId: host.id, agentType: 'LINEAGE_PLUS', parameters: { connectors: ['postgres'] } };
  for (const change of [{ name: 'a\0' }, { parameters: { ...job.parameters, connectionName: '\0' } }])
    expect(await statusOf('POST', `${orchestrator}/jobs`, { ...job, ...change })).toBe(400);
  for (const change of [{ name: '\0' }, { description: 'a\0' }])
    expect(await statusOf('POST', '/api/v1/agent-api-keys', { name: 'a', ...change })).toBe(400);
});

test('what a host sends that no part can keep is refused too', async () => {
  const { id: jobId } = await stack.createJob({ hostId: host.id });
  const { id: runId } = await stack.admin.call('startRun', { params: { jobId } });
  const at = '2026-01-01T00:00:00.000Z';
  const exit = { exitCode: 0, outOfMemory: false, startedAt: at, finishedAt: at };
  const refused = { code: 'INVALID_INPUT' };
  for (const change of [{ exitCode: 2 ** 31 }, { startedAt: '0000-01-01T00:00:00Z' }])
    await expect(
      host.api.call('putOutcome', { params: { runId }, body: { exit: { ...exit, ...change }, outcome: null } }),
    ).rejects.toMatchObject(refused);
  for (const outcome of [
    { message: '\0' },
    { message: 'a', counts: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`c${n}`, n])) },
  ])
    await expect(host.api.call('putOutcome', { params: { runId }, body: { exit, outcome } })).rejects.toMatchObject(
      refused,
    );
  for (const event of [
    { kind: 'started' as const, at: '0000-01-01T00:00:00Z' },
    { kind: 'exited' as const, at, detail: '\0' },
  ])
    await expect(host.api.call('postTimeline', { params: { runId }, body: { events: [event] } })).rejects.toMatchObject(
      refused,
    );
  await expect(
    host.api.call('putLogChunk', {
      params: { runId, sequence: 1 },
      body: { lines: [{ at: '\0', stream: 'stdout', text: 'a' }] },
    }),
  ).rejects.toMatchObject(refused);
});

test('no request that schemathesis makes of our OpenAPI is answered with a 5xx, as any role', {
  timeout: 240_000,
}, async () => {
  const results = await fuzzApi({ seconds: 5, checks: 'not_a_server_error,response_schema_conformance' });
  const sent = results.reduce((sum, result) => sum + result.sent, 0);
  const serverErrors = results.flatMap((result) => result.serverErrors.map((error) => `${result.caller}: ${error}`));
  console.log(`requests sent: ${sent}, 5xx: ${serverErrors.length}`);
  expect(serverErrors).toEqual([]);
  for (const result of results) expect(result.sent, result.output).toBeGreaterThan(0);
});
