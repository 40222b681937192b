import type { TimelineEvent } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { sharesOf, stagesOf } from './timeline.ts';

const start = Date.parse('2026-03-12T02:30:00.000Z');
const event = (kind: TimelineEvent['kind'], seconds: number): TimelineEvent => ({
  kind,
  at: new Date(start + seconds * 1000).toISOString(),
});
const told = (events: TimelineEvent[]) =>
  stagesOf(events).map(({ name, from, to }) => [name, to === null ? 'open' : (to - from) / 1000]);

const whole = [
  event('queued', 0),
  event('offered', 0.05),
  event('accepted', 0.1),
  event('image_ready', 0.2),
  event('created', 0.3),
  event('started', 0.4),
  event('first_log', 0.6),
  event('exited', 13.4),
  event('reported', 13.5),
  event('finished', 13.6),
];

test('the stages of a finished run add up to its whole time', () => {
  const stages = told(whole);
  expect(stages.map(([name]) => name)).toEqual(['Queued', 'Image', 'Container', 'Running', 'Reported']);
  expect(stages.reduce((sum, [, seconds]) => sum + Number(seconds), 0)).toBeCloseTo(13.6);
});

test('a run that no host picked up was queued all the time', () => {
  expect(told([event('queued', 0), event('offered', 0.1), event('finished', 5)])).toEqual([['Queued', 5]]);
});

test('the last stage of an active run is open', () => {
  expect(told(whole.slice(0, 7)).at(-1)).toEqual(['Running', 'open']);
});

test('a host whose clock is behind makes no negative stage', () => {
  const stages = told([event('queued', 10), event('accepted', 8), event('started', 12), event('finished', 14)]);
  expect(stages).toEqual([
    ['Queued', 0],
    ['Image', 2],
    ['Running', 2],
  ]);
});

test('a short stage can still be seen, and all fill the bar', () => {
  const shares = sharesOf(stagesOf(whole), start);
  expect(Math.min(...shares)).toBeGreaterThan(0.03);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
});
