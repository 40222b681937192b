import type { Run } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { type KnownRuns, olderActiveReadAt, type RunPage, runsIn, withNewest } from './newest-runs.ts';

const run = (at: number, status: Run['status'] = 'succeeded') =>
  ({ id: `run_${at}`, queuedAt: new Date(at * 1000).toISOString(), status }) as Run;
/** Runs from one to another, newest first, as a page that ends or has more behind it. */
const page = (from: number, to: number, nextCursor: string | null = `after ${to}`, readAt = 0): RunPage => ({
  items: Array.from({ length: from - to + 1 }, (_, index) => run(from - index)),
  nextCursor,
  readAt,
});
const list = (...pages: RunPage[]): KnownRuns => ({ pages, pageParams: [null, ...pages.slice(1).map(() => 'cursor')] });
const times = (known: KnownRuns) => runsIn(known).map(({ queuedAt }) => Date.parse(queuedAt) / 1000);
const countdown = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

test('new runs come first, and nothing falls between the pages', () => {
  const known = list(page(100, 91), page(90, 81));
  const grown = withNewest(known, page(103, 94));
  expect(times(grown)).toEqual(countdown(103, 81));
  expect(grown.pages.at(-1)?.nextCursor).toBe('after 81');
});

test('a known run changes in its place', () => {
  const newest = { ...page(100, 91), items: [run(100, 'running'), ...page(99, 91).items] };
  expect(runsIn(withNewest(list(page(100, 91)), newest))[0]?.status).toBe('running');
});

test('a run that its page should hold and does not is gone; those behind it stay', () => {
  const newest = { items: [run(100), run(98), run(97)], nextCursor: 'more', readAt: 0 };
  expect(times(withNewest(list(page(100, 95)), newest))).toEqual([100, 98, 97, 96, 95]);
});

test('where the newest page is the whole list it is all there is', () => {
  expect(times(withNewest(list(page(100, 91)), page(95, 93, null)))).toEqual([95, 94, 93]);
});

test('where nothing joins the two, the older pages are forgotten rather than shown with a hole', () => {
  const grown = withNewest(list(page(100, 91), page(90, 81)), page(200, 191));
  expect(times(grown)).toEqual(countdown(200, 191));
  expect(grown.pages).toHaveLength(1);
});

test('a page behind that overlaps shows no run twice', () => {
  expect(times(list(page(100, 91), page(93, 85)))).toEqual(countdown(100, 85));
});

test('only a run that still goes on makes older pages worth reading again', () => {
  const newest = page(100, 91);
  const older = { items: [run(90), run(89)], nextCursor: null, readAt: 7 };
  expect(olderActiveReadAt(list(newest, older), newest)).toBe(Number.POSITIVE_INFINITY);
  const active = { ...older, items: [run(90), run(89, 'running')] };
  expect(olderActiveReadAt(list(newest, active), newest)).toBe(7);
});
