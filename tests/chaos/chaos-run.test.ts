import { expect, test } from 'vitest';
import { lineOf } from './agent/line-of.ts';
import { type Ending, type Facts, orders, verdictOf } from './chaos-run.ts';

/** A judge that finds nothing proves nothing: each kind of fault is shown to it here. */

const lines = Array.from({ length: orders['ends-3'].count }, (_, index) => lineOf(index + 1));
const resultOf = (count: number) => JSON.stringify({ type: 'result', counts: { lines: count } });
const failure = { code: 'CREDENTIALS_REFUSED', message: '', remedy: '' };
const good: Facts = {
  run: { status: 'failed', failure, exitCode: 3, startedAt: '2026-01-01T00:00:00Z' },
  log: [...lines, resultOf(lines.length)],
  marks: 1,
  artifacts: 1,
  witnessed: { starts: 1, exitCodes: [3] },
};
const canceled: Facts = {
  run: { ...good.run, status: 'canceled', failure: null, exitCode: 143 },
  log: [...lines.slice(0, 7), resultOf(7)],
  marks: 1,
  artifacts: 1,
  witnessed: { starts: 1, exitCodes: [143] },
};
const neverBegun: Facts = {
  run: { status: 'canceled', failure: null, exitCode: null, startedAt: null },
  log: [],
  marks: 0,
  artifacts: 0,
  witnessed: { starts: 0, exitCodes: [] },
};
const allRight = { isLost: false, isDoubled: false, isStatusRight: true, isLogComplete: true };
const judged = (facts: Facts, ending: Ending) => verdictOf(facts, 'ends-3', ending);

test.each<[string, Facts, Ending]>([
  ['that ended by itself', good, 'by itself'],
  ['that was canceled', canceled, 'canceled'],
  ['that was canceled before the agent came to speak', { ...canceled, log: [], marks: 0, artifacts: 0 }, 'canceled'],
  ['that was canceled before it began', neverBegun, 'canceled'],
])('nothing is found of a run %s and is told as it was', (_, facts, ending) => {
  expect(judged(facts, ending)).toEqual({ ...allRight, found: [] });
});

test.each<[string, Facts, Ending, Partial<typeof allRight>]>([
  ['never ran', { ...neverBegun, run: good.run }, 'by itself', { isLost: true }],
  ['goes on', { ...good, witnessed: { starts: 1, exitCodes: [] } }, 'by itself', { isLost: true }],
  ['was started twice', { ...good, witnessed: { starts: 2, exitCodes: [3, 3] } }, 'by itself', { isDoubled: true }],
  ['ran in two containers', { ...good, marks: 2 }, 'by itself', { isDoubled: true }],
  ['has another code', { ...good, run: { ...good.run, exitCode: 0 } }, 'by itself', { isStatusRight: false }],
  ['has another status', { ...good, run: { ...good.run, status: 'succeeded' } }, 'by itself', { isStatusRight: false }],
  ['has no reason', { ...good, run: { ...good.run, failure: null } }, 'by itself', { isStatusRight: false }],
  ['went on through a cancel', good, 'canceled', { isStatusRight: false }],
  ['began, which is not told', { ...canceled, run: neverBegun.run }, 'canceled', { isStatusRight: false }],
  ['lacks a line', { ...good, log: good.log.toSpliced(40, 1) }, 'by itself', { isLogComplete: false }],
  ['lacks its end', { ...good, log: good.log.slice(0, 90) }, 'by itself', { isLogComplete: false }],
  ['has a line twice', { ...good, log: good.log.toSpliced(40, 0, lineOf(40)) }, 'by itself', { isLogComplete: false }],
  ['has a changed line', { ...good, log: good.log.with(4, 'line 5 ?') }, 'by itself', { isLogComplete: false }],
  ['lacks lines, canceled', { ...canceled, log: canceled.log.toSpliced(2, 1) }, 'canceled', { isLogComplete: false }],
  ['lost its log, canceled', { ...canceled, log: [] }, 'canceled', { isLogComplete: false }],
  ['lacks its artifact', { ...good, artifacts: 0 }, 'by itself', { isLogComplete: false }],
])('a run that %s is found', (_, facts, ending, fault) => {
  const verdict = judged(facts, ending);
  expect(verdict).toMatchObject(fault);
  expect(verdict.found).not.toEqual([]);
});
