import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { BigeyeClient, syncLineage } from '@bigeye/agent-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from './support/test-stack.ts';

let stack: TestStack;
let agentKey: string;

beforeAll(async () => {
  stack = await startTestStack();
  ({ apiKey: agentKey } = await stack.admin.call('createAgentApiKey', { body: { name: 'lineage' } }));
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const quiet = () => undefined;
const log = { info: quiet, warn: quiet, error: quiet };

function partsOf(count: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const node = { externalId: `t${n}`, nodeName: `table_${n}`, nodeType: 'TABLE' };
    const edges = n === 0 ? [] : [{ upstreamExternalId: `t${n - 1}`, downstreamExternalId: `t${n}` }];
    return JSON.stringify({ nodes: [node], edges });
  });
}

test('the agent sends a graph in parts over the real API, the second time nothing, and then only what is new', async () => {
  const client = new BigeyeClient({ baseUrl: stack.apiUrl, apiKey: agentKey, log });
  const { id } = await client.createCustomRepository({ name: 'parts' });
  const sync = (count: number) =>
    syncLineage(client, {
      repositoryId: id,
      parts: async function* () {
        yield* partsOf(count);
      },
      onProgress: quiet,
    });
  expect(await sync(5)).toMatchObject({ status: 'COMPLETED', unchanged: false, nodes: 5, edges: 4, sent: 5 });
  expect(await sync(5)).toMatchObject({ unchanged: true, nodes: 5, edges: 4, sent: 0 });
  expect(await sync(7)).toMatchObject({ unchanged: false, nodes: 7, edges: 6, sent: 2 });
  const { nodes } = await stack.admin.call('searchLineageNodes', { query: { search: 'table_' } });
  expect(nodes).toHaveLength(7);
});

test('a part that is too large, packed or unpacked, is refused in our words', async () => {
  const { id } = await stack.admin.call('createCustomRepository', { body: { name: 'bombs' } });
  const put = async (json: Buffer, content: Buffer) => {
    const digest = createHash('sha256').update(json).digest('hex');
    const url = `${stack.apiUrl}/api/v2/lineage/custom-repositories/${id}/parts/${digest}`;
    const headers = { authorization: `apikey ${agentKey}`, 'content-type': 'application/octet-stream' };
    const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(content) });
    return { status: answer.status, ...((await answer.json()) as { errorCode: string }) };
  };
  const bomb = Buffer.alloc(64 * 1024 * 1024, ' ');
  expect(await put(bomb, gzipSync(bomb))).toMatchObject({ status: 400, errorCode: 'LINEAGE_PART_INVALID' });
  const noise = randomBytes(5 * 1024 * 1024);
  expect(await put(noise, noise)).toMatchObject({ status: 413 });
});
