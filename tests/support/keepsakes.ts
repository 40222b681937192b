import { expect } from 'vitest';
import { createBrowserSession } from './browser-session.ts';
import type { Foundation, Opened } from './foundation.ts';

/** What people want back from a backup: their way in, a run with its log and its file, the lineage, the host. */
export interface Keepsakes {
  /** Fails where something of it is missing, or the host does not go on by itself. */
  expectAll(): Promise<void>;
}

const email = 'admin@example.com';
const password = 'a password of the tests';

/** Makes them. The first call for a foundation uses up the link of its first admin, who must be `email`. */
export async function makeKeepsakes(opened: Opened<Foundation>): Promise<Keepsakes> {
  const { on } = opened;
  const { admin, apiUrl, adminPasswordToken: token } = on.stack;
  await createBrowserSession(apiUrl).call('setPassword', { body: { token, password } });
  const runId = await opened.start('good');
  const run = await on.stack.finished(runId);
  const log = await opened.linesOf(runId);
  const { id: customRepositoryId } = await admin.call('createCustomRepository', { body: { name: 'kept' } });
  const [upstream, downstream] = ['kept_orders', 'kept_totals'];
  await admin.call('syncCustomRepository', {
    body: {
      customRepositoryId,
      nodes: [upstream, downstream].map((name) => ({ externalId: name, nodeName: name, nodeType: 'TABLE' as const })),
      edges: [{ upstreamExternalId: upstream, downstreamExternalId: downstream }],
    },
  });
  return {
    expectAll: async () => {
      await createBrowserSession(apiUrl).call('signIn', { body: { email, password } });
      expect(await admin.call('getRun', { params: { runId } })).toEqual(run);
      expect(await opened.linesOf(runId)).toEqual(log);
      const { nodes } = await admin.call('searchLineageNodes', { query: { search: 'kept_' } });
      expect(nodes.map(({ name }) => name)).toEqual([upstream, downstream]);
      const [first] = nodes;
      const graph = await admin.call('getLineageGraph', { params: { nodeId: first?.id ?? 0 } });
      expect(graph.edges).toHaveLength(1);
      expect(await on.stack.finished(await opened.start('good'))).toMatchObject({ status: 'succeeded' });
    },
  };
}
