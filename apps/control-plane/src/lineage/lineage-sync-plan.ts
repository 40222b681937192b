import { AppError, type LineageSyncRequest, lineageLimits } from '@bigeye/contracts';
import type { z } from 'zod';

export type SyncInput = z.output<typeof LineageSyncRequest>;
type SyncNode = SyncInput['nodes'][number];

export interface PlannedNode extends SyncNode {
  /** Names from the database down. */
  path: string;
}

/**
 * The nodes by level, containers first; each external id once, the last one wins. In time and memory that grow with the
 * number of nodes alone. Throws LINEAGE_REFERENCE_UNKNOWN, also for what contains itself, and LINEAGE_LIMIT_REACHED.
 */
export function planLineageSync({ nodes, edges }: Pick<SyncInput, 'nodes' | 'edges'>): PlannedNode[][] {
  requireAtMost(nodes.length, lineageLimits.nodes, 'nodes');
  requireAtMost(edges.length, lineageLimits.edges, 'edges');
  const known = new Map(nodes.map((node) => [node.externalId, node]));
  const unknown = new Set<string>();
  const refer = (id: string) => {
    if (!known.has(id) && unknown.size < namedIds) unknown.add(id);
  };
  for (const { containerExternalId } of nodes) if (containerExternalId !== undefined) refer(containerExternalId);
  for (const { upstreamExternalId, downstreamExternalId } of edges) {
    refer(upstreamExternalId);
    refer(downstreamExternalId);
  }
  if (unknown.size > 0) throw new AppError('LINEAGE_REFERENCE_UNKNOWN', { externalIds: [...unknown] });

  const levels: PlannedNode[][] = [];
  for (const node of known.values()) {
    const names = [node.nodeName];
    for (let above = containerOf(node, known); above; above = containerOf(above, known)) {
      if (above === node) throw new AppError('LINEAGE_REFERENCE_UNKNOWN', { externalIds: [node.externalId] });
      names.push(above.nodeName);
      requireAtMost(names.length, lineageLimits.depth, 'levels of containers');
    }
    const level = names.length - 1;
    levels[level] ??= [];
    levels[level].push({ ...node, path: names.reverse().join('.') });
  }
  return levels;
}

/** Ids that an error names. */
const namedIds = 10;

const containerOf = (node: SyncNode, known: Map<string, SyncNode>): SyncNode | undefined =>
  node.containerExternalId === undefined ? undefined : known.get(node.containerExternalId);

function requireAtMost(count: number, limit: number, what: string): void {
  if (count > limit) throw new AppError('LINEAGE_LIMIT_REACHED', { what, limit });
}
