import { isActive, type Run } from '@bigeye/contracts';

export interface RunPage {
  items: Run[];
  nextCursor: string | null;
  /** When it was read, in milliseconds since 1970. */
  readAt: number;
}
export interface KnownRuns {
  pages: RunPage[];
  pageParams: unknown[];
}

/** More rows than anybody scrolls through; a list that has grown so far by waiting begins anew. */
const mostRows = 1000;

/**
 * What is known of a list, newest first, and its newest page as it was just read: new rows come first, known ones change in
 * place, and those that the page should hold and does not are gone. Where nothing joins the two, older pages are forgotten.
 */
export function withNewest(known: KnownRuns, newest: RunPage): KnownRuns {
  const fresh = new Set(newest.items.map(({ id }) => id));
  const last = newest.items.at(-1);
  const rows = runsIn(known);
  const joins = rows.some(({ id }) => fresh.has(id));
  if (newest.nextCursor === null || !last || !joins || rows.length > mostRows)
    return { pages: [newest], pageParams: [null] };
  const older = ({ items }: RunPage) => items.filter((run) => !fresh.has(run.id) && isBefore(run, last));
  const pages = known.pages.map((page) => ({ ...page, items: older(page) }));
  const [first = newest, ...others] = pages;
  const ends = others.length === 0 && first.items.length === 0;
  return {
    pages: [
      { ...first, items: [...newest.items, ...first.items], nextCursor: ends ? newest.nextCursor : first.nextCursor },
      ...others,
    ],
    pageParams: known.pageParams,
  };
}

/** Every run of the list once, also where a page overlaps the one before it. */
export const runsIn = (known: KnownRuns): Run[] => [
  ...new Map(known.pages.flatMap(({ items }) => items).map((run) => [run.id, run])).values(),
];

/** Runs of one moment are in the order of their ids, the list's own. */
const isBefore = (a: Run, b: Run): boolean => a.queuedAt < b.queuedAt || (a.queuedAt === b.queuedAt && a.id < b.id);

/** The earliest reading of a run that may have changed since and that the newest page does not tell of. */
export function olderActiveReadAt(known: KnownRuns, newest: RunPage): number {
  const told = new Set(newest.items.map(({ id }) => id));
  const mayHaveChanged = ({ items }: RunPage) => items.some(({ id, status }) => isActive(status) && !told.has(id));
  return Math.min(...known.pages.filter(mayHaveChanged).map(({ readAt }) => readAt));
}
