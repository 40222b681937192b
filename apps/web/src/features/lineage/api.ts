import type { LineageGraph } from '@bigeye/contracts';
import { keepPreviousData, queryOptions, useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api } from '../../lib/api.ts';
import { isTable, mergeGraphs, shownTables } from './lineage-model.ts';
import type { LineagePlace } from './lineage-place.ts';
import { defaultDepth } from './lineage-place.ts';

const lineageKey = ['lineage'] as const;
/** Lineage changes when an agent has run, not while it is looked at. */
const staleMs = 60_000;

export const searchQuery = (search: string) =>
  queryOptions({
    queryKey: [...lineageKey, 'search', search],
    queryFn: async () => (await api.call('searchLineageNodes', { query: { search, limit: 50 } })).nodes,
    placeholderData: keepPreviousData,
    staleTime: staleMs,
  });

const graphQuery = (nodeId: number, depth: number) =>
  queryOptions({
    queryKey: [...lineageKey, 'graph', nodeId, depth],
    queryFn: () => api.call('getLineageGraph', { params: { nodeId }, query: { depth } }),
    staleTime: staleMs,
  });

const graphsOf = (results: { data: LineageGraph | undefined }[]): LineageGraph[] =>
  results.flatMap(({ data }) => data ?? []);

const useGraphs = (tableIds: number[]): LineageGraph[] =>
  useQueries({ queries: tableIds.map((id) => graphQuery(id, 1)), combine: graphsOf });

/**
 * The lineage at a place: the tables within its depth and those opened further, and one step around each of them, so that
 * it is known which can be opened.
 */
export function useLineage({ node, depth = defaultDepth, open = [] }: LineagePlace) {
  const start = useQuery({ ...graphQuery(node ?? 0, depth), enabled: node !== undefined });
  const rootId = rootOf(start.data);
  // A column's own graph holds only the columns on its way; its table is what is drawn.
  const isColumn = rootId !== undefined && rootId !== node;
  const ofTable = useQuery({ ...graphQuery(rootId ?? 0, depth), enabled: isColumn });
  const rootGraph = isColumn ? ofTable.data : start.data;

  const opened = useGraphs([...new Set(open.map((one) => Number.parseInt(one, 10)))]);
  const openKey = open.join();
  const shown = useMemo(() => {
    if (!rootGraph || rootId === undefined) return new Set<number>();
    const steps = openKey === '' ? [] : openKey.split(',');
    return shownTables(mergeGraphs([rootGraph, ...opened]), rootId, depth, steps);
  }, [rootGraph, rootId, opened, depth, openKey]);
  const around = useGraphs([...shown]);
  const model = useMemo(
    () => mergeGraphs([...(rootGraph ? [rootGraph] : []), ...opened, ...around]),
    [rootGraph, opened, around],
  );
  const error = start.error ?? ofTable.error;
  return { rootId, model, shown, error, isPending: !rootGraph && !error, retry: () => void start.refetch() };
}

/** The table to draw around: the node itself, or the table of the column that was asked for. */
function rootOf(graph: LineageGraph | undefined): number | undefined {
  const node = graph?.nodes.find(({ id }) => id === graph.rootId);
  if (!node) return undefined;
  return isTable(node) ? node.id : (node.containerId ?? undefined);
}
