import { infiniteQueryOptions, type QueryClient, type QueryKey } from '@tanstack/react-query';

export interface ListPage<Item> {
  items: Item[];
  nextCursor: string | null;
}
interface Pages<Item> {
  pages: ListPage<Item>[];
  pageParams: unknown[];
}

/**
 * A list as far as it was opened, its items as one array. `refreshMs`: how often it is read anew; a list of which many pages
 * are open is read anew less often, so that it costs no more requests than one page.
 */
export const listQuery = <Item>(
  queryKey: QueryKey,
  readPage: (page: { cursor?: string }) => Promise<ListPage<Item>>,
  refreshMs?: number,
) =>
  infiniteQueryOptions({
    queryKey,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => readPage(pageParam === null ? {} : { cursor: pageParam }),
    getNextPageParam: (page) => page.nextCursor,
    select: (known) => known.pages.flatMap((page) => page.items),
    refetchInterval: ({ state }) =>
      refreshMs === undefined || state.status === 'error' ? false : refreshMs * (state.data?.pages.length ?? 1),
  });

/** Takes out of every list below `queryKey` what is no longer there, before it is read again. */
export function removeFromLists<Item>(client: QueryClient, queryKey: QueryKey, isGone: (item: Item) => boolean): void {
  client.setQueriesData<Pages<Item>>(
    { queryKey },
    (known) =>
      known && {
        ...known,
        pages: known.pages.map((page) => ({ ...page, items: page.items.filter((item) => !isGone(item)) })),
      },
  );
}
