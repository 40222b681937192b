import { z } from 'zod';
import { lineageLimits } from './limits.ts';
import { LineageSyncEdge, LineageSyncNode } from './lineage.ts';

/**
 * A sync in parts, for graphs too large for one body and for senders that mostly repeat themselves. A part is known by what
 * it holds: the SHA-256 of its JSON. The sender lists the parts that are the whole truth; the control plane answers which of
 * them it lacks; once it has all, it makes them the repository's content, all or nothing. Every request may be repeated.
 */
export const LineagePartDigest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256 of the JSON of a part, before it is compressed.');

/** What is in one part, in any order: an edge or a container may be in another part of the same sync. */
export const LineageSyncPart = z.object({
  nodes: z.array(LineageSyncNode).max(lineageLimits.nodes),
  edges: z.array(LineageSyncEdge).max(lineageLimits.edges),
});
export type LineageSyncPart = z.output<typeof LineageSyncPart>;

/** The whole truth about one repository, replacing the last. */
export const LineageSyncManifest = z.object({
  parts: z.array(LineagePartDigest).min(1).max(lineageLimits.partsOfSync),
});
export type LineageSyncManifest = z.infer<typeof LineageSyncManifest>;

export const LineageSyncState = z.discriminatedUnion('status', [
  z
    .object({ status: z.literal('PARTS_MISSING'), missing: z.array(LineagePartDigest) })
    .describe('Nothing is changed. Send these, then the same list again.'),
  z.object({ status: z.literal('RUNNING') }).describe('Being written. Ask again with the same list.'),
  z
    .object({
      status: z.literal('COMPLETED'),
      unchanged: z.boolean().describe('The repository held exactly this already.'),
      nodes: z.number().int(),
      edges: z.number().int(),
    })
    .describe('The repository holds what the parts hold.'),
]);
export type LineageSyncState = z.infer<typeof LineageSyncState>;
