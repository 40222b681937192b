import { expect, test } from 'vitest';
import { formatAgo, formatAhead, formatBytes, formatDuration, sentenceOf, shortId } from './format.ts';

const durations: [number, string][] = [
  [-5, '0.0 s'],
  [200, '0.2 s'],
  [9949, '9.9 s'],
  [9950, '10 s'],
  [59_600, '1 m'],
  [252_000, '4 m 12 s'],
  [3_599_600, '1 h'],
  [7_500_000, '2 h 5 m'],
  [86_399_000, '1 d'],
  [273_600_000, '3 d 4 h'],
];
test.each(durations)('%d ms reads as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('a time within a day is told in one unit, an older one with its date', () => {
  const now = new Date('2026-03-12T12:00:00Z');
  expect(formatAgo(new Date('2026-03-12T11:59:57Z'), now)).toBe('3 s ago');
  expect(formatAgo(new Date('2026-03-12T11:55:01Z'), now)).toBe('4 m ago');
  expect(formatAgo(new Date('2026-03-12T09:30:00Z'), now)).toBe('2 h ago');
  expect(formatAgo(new Date('2026-03-01T12:00:00Z'), now)).toMatch(/^1 Mar, \d\d:\d\d$/);
  expect(formatAgo(new Date('2025-03-01T12:00:00Z'), now)).toBe('1 Mar 2025');
});

test('a time that a fast clock puts ahead of ours is now', () => {
  expect(formatAgo(new Date(5_000), new Date(0))).toBe('just now');
});

test('what is ahead is told in whole units', () => {
  expect(formatAhead(new Date(6.9 * 86_400_000), new Date(0))).toBe('in 6 days');
  expect(formatAhead(new Date(86_400_000 - 1), new Date(0))).toBe('in 23 hours');
});

test('sizes are in binary units', () => {
  expect(formatBytes(4 * 1024 ** 3)).toBe('4.0 GiB');
  expect(formatBytes(212 * 1024 ** 2)).toBe('212 MiB');
  expect(formatBytes(1536)).toBe('1.5 KiB');
});

test('ids are shortened after their prefix', () => {
  expect(shortId('run_01ab23cd45ef67gh89ij')).toBe('01ab23cd');
});

test('names of the code become words', () => {
  expect(sentenceOf('connectionName')).toBe('Connection name');
  expect(sentenceOf('views_read')).toBe('Views read');
});
