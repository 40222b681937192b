import { AppError } from '@bigeye/contracts';
import { expect, test, vi } from 'vitest';
import type { NumberedLine } from './log-line.ts';
import { createLogPages, type ReadLines } from './log-pages.ts';

const lineAt = (number: number): NumberedLine => ({ number, at: '', stream: 'stdout', text: `line ${number}` });
const reader = () =>
  vi.fn<ReadLines>(async (after, limit) => Array.from({ length: limit }, (_, index) => lineAt(after + index + 1)));
const settled = () => new Promise((resolve) => setTimeout(resolve));

test('the end of a long log is read without its beginning', async () => {
  const readLines = reader();
  const pages = createLogPages(readLines);
  pages.grow(250_500);
  pages.need(250_490, 250_500);
  await settled();
  expect(readLines.mock.calls).toEqual([[250_000, 500]]);
  expect(pages.line(250_500)?.text).toBe('line 250500');
  expect(pages.line(1)).toBeUndefined();
});

test('a log that grows is read on from the last line that is here', async () => {
  const readLines = reader();
  const pages = createLogPages(readLines);
  pages.grow(3);
  pages.need(1, 3);
  await settled();
  pages.grow(5);
  pages.need(1, 5);
  await settled();
  expect(readLines.mock.calls).toEqual([
    [0, 3],
    [3, 2],
  ]);
  expect(pages.loaded()).toBe(5);
});

test('lines at the end that are on their way are not shown yet', async () => {
  const pages = createLogPages(reader());
  pages.grow(990);
  expect(pages.shown()).toBe(990);
  pages.need(1, 990);
  await settled();
  pages.grow(1010);
  expect(pages.shown()).toBe(990);
  pages.need(1001, 1010);
  await settled();
  pages.grow(1300);
  expect(pages.shown()).toBe(1010);
});

test('what is on its way is not asked for twice', async () => {
  const readLines = reader();
  const pages = createLogPages(readLines);
  pages.grow(10);
  pages.need(1, 10);
  pages.need(5, 10);
  await settled();
  expect(readLines).toHaveBeenCalledTimes(1);
});

test('what is looked at is read before the rest of a search', async () => {
  const readLines = reader();
  const pages = createLogPages(readLines);
  pages.grow(20_000);
  pages.need(1, 20_000);
  pages.need(15_001, 15_001);
  await settled();
  expect(readLines.mock.calls.slice(0, 5).map(([after]) => after)).toEqual([0, 1000, 2000, 3000, 15_000]);
  expect(pages.loaded()).toBe(20_000);
});

test('a page that failed is read again after a while, however often it is needed meanwhile', async () => {
  vi.useFakeTimers();
  const readLines = reader();
  readLines.mockRejectedValueOnce(new Error('away'));
  const pages = createLogPages(readLines);
  pages.subscribe(() => pages.need(1, 2));
  pages.grow(2);
  await vi.advanceTimersByTimeAsync(900);
  expect(readLines).toHaveBeenCalledTimes(1);
  expect(pages.failure()).toBeInstanceOf(Error);
  await vi.advanceTimersByTimeAsync(1000);
  expect(pages.failure()).toBeUndefined();
  expect(pages.line(2)?.text).toBe('line 2');
  vi.useRealTimers();
});

test('a final refusal is not asked about again but by hand', async () => {
  vi.useFakeTimers();
  const readLines = reader();
  readLines.mockRejectedValueOnce(new AppError('RUN_NOT_FOUND', { runId: 'run_x' }));
  const pages = createLogPages(readLines);
  pages.subscribe(() => pages.need(1, 2));
  pages.grow(2);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(readLines).toHaveBeenCalledTimes(1);
  pages.retry();
  await vi.advanceTimersByTimeAsync(0);
  expect(pages.line(2)?.text).toBe('line 2');
  vi.useRealTimers();
});
