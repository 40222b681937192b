import { mayWorkLater, needsAction, wrongUsage } from './error-spec.ts';

/** Lineage: what is sent, and what is asked for. */
export const lineageErrors = {
  LINEAGE_NODE_NOT_FOUND: needsAction(
    404,
    (d: { id: string }) => `There is no lineage node ${d.id}.`,
    () => 'Search for it with GET /api/v2/lineage/nodes?search=….',
  ),
  REPOSITORY_NOT_FOUND: needsAction(
    404,
    (d: { id: number }) => `There is no custom repository ${d.id}.`,
    () => 'Create it with POST /api/v2/lineage/custom-repositories.',
  ),
  LINEAGE_REFERENCE_UNKNOWN: wrongUsage(
    400,
    (d: { externalIds: string[] }) =>
      `These ids are referred to but not among the nodes: ${d.externalIds?.join(', ')}.`,
    () => 'Send every container and both ends of every edge as nodes of the same request.',
  ),
  LINEAGE_LIMIT_REACHED: wrongUsage(
    400,
    (d: { what: string; limit: number }) => `The lineage is too large: at most ${d.limit} ${d.what}.`,
    () =>
      'Split the source into several connections, so that each has a repository of its own; see docs/operations.md.',
  ),
  LINEAGE_PART_INVALID: wrongUsage(
    400,
    (d: { reason: string }) => `The part of a sync cannot be taken: ${d.reason}.`,
    () =>
      'Send the gzip of the JSON {"nodes": […], "edges": […]} to the address that ends with the SHA-256 of that JSON.',
  ),
  LINEAGE_GRAPH_TOO_LARGE: wrongUsage(
    400,
    (d: { limit: number }) => `More than ${d.limit} nodes are within these steps.`,
    () => 'Ask for fewer steps (depth), or for one direction.',
  ),
  LINEAGE_NODE_WITHOUT_TABLE: wrongUsage(
    400,
    (d: { id: string }) => `Lineage node ${d.id} is neither a table nor a column of one, so nothing lies around it.`,
    () => 'Search for a table or a column by a part of its name.',
  ),
  LINEAGE_SYNC_UNDER_WAY: mayWorkLater(
    503,
    (_: object) => 'Other large syncs of lineage are under way.',
    () => 'Send it again in some seconds; the Lineage Plus agent does so by itself.',
  ),
} as const;
