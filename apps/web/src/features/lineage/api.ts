import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { modelOf, type Way } from './lineage-model.ts';
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

/** What is drawn at a place. What was drawn before stays until it is there. */
export function neighbourhoodQuery({ node = 0, depth = defaultDepth, opened, more, with: picked, at }: LineagePlace) {
  const query = {
    upstream: depth,
    downstream: depth,
    opened: opened?.join() ?? '',
    more: more?.join() ?? '',
    with: picked?.join() ?? '',
    ...(at === undefined ? {} : { column: at }),
  };
  return queryOptions({
    queryKey: [...lineageKey, 'around', node, query],
    queryFn: async () => {
      const reply = await api.call('getLineageNeighbourhood', { params: { nodeId: node }, query });
      return { model: modelOf(reply), leftOut: reply.leftOut };
    },
    placeholderData: keepPreviousData,
    staleTime: staleMs,
    structuralSharing: false,
  });
}

export type NeighboursOf = 'TABLE' | 'NODE';
const pageSize = 50;

/** What lies one step from a node, page by page. */
export const neighboursQuery = (nodeId: number, way: Way, of: NeighboursOf, search = '') =>
  infiniteQueryOptions({
    queryKey: [...lineageKey, 'beside', nodeId, way, of, search],
    queryFn: async ({ pageParam }) =>
      await api.call('listLineageNeighbours', {
        params: { nodeId },
        query: {
          way: way === 'upstream' ? ('UPSTREAM' as const) : ('DOWNSTREAM' as const),
          of,
          search,
          offset: pageParam,
          limit: pageSize,
        },
      }),
    initialPageParam: 0,
    getNextPageParam: ({ total }, _, offset) => (offset + pageSize < total ? offset + pageSize : undefined),
    placeholderData: keepPreviousData,
    staleTime: staleMs,
  });

export const nodeQuery = (nodeId: number) =>
  queryOptions({
    queryKey: [...lineageKey, 'node', nodeId],
    queryFn: () => api.call('getLineageNode', { params: { nodeId } }),
    staleTime: staleMs,
  });
