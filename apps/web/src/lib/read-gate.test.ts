import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createReadGate, type ReadGate } from './read-gate.ts';

let isHidden = false;
let gate: ReadGate;
let sent: number[];

/** Reads that all fail or all work, as `works` says at that moment. An answer takes 10 ms. */
function startRead(works: () => boolean): void {
  void gate.enter().then((turn) => {
    sent.push(Date.now());
    setTimeout(() => (works() ? turn.answered() : turn.failed()), 10);
  });
}
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  isHidden = false;
  gate = createReadGate({ isHidden: () => isHidden });
  sent = [];
});
afterEach(() => vi.useRealTimers().restoreAllMocks());

test('the first read goes alone, and the others follow its answer', async () => {
  for (let reads = 0; reads < 3; reads++) startRead(() => true);
  await pass(5);
  expect(sent).toHaveLength(1);
  await pass(10);
  expect(sent).toHaveLength(3);
});

test('a first read without an answer holds the others up for a second and no longer', async () => {
  void gate.enter();
  startRead(() => true);
  await pass(999);
  expect(sent).toHaveLength(0);
  await pass(1);
  expect(sent).toHaveLength(1);
});

test('while nobody answers one read at a time is sent, less and less often, whatever asks', async () => {
  for (let reads = 0; reads < 3; reads++) startRead(() => false);
  const asking = setInterval(() => startRead(() => false), 100);
  await pass(1000);
  expect(sent).toHaveLength(1);
  await pass(59_000);
  expect(sent.length).toBeLessThan(8);
  const gaps = sent.slice(1).map((at, index) => at - (sent[index] ?? 0));
  expect(gaps.slice(0, 4)).toEqual([1010, 2010, 4010, 8010]);
  clearInterval(asking);
});

test('it tells since when, and when it asks next; the first answer lets everything go and is told', async () => {
  let works = false;
  let restored = 0;
  gate.onRestored(() => restored++);
  for (let reads = 0; reads < 3; reads++) startRead(() => works);
  await pass(100);
  expect(gate.outage()).toEqual({ since: new Date(10), nextTryAt: new Date(1010) });
  works = true;
  await pass(1000);
  expect(gate.outage()).toBeUndefined();
  expect(restored).toBe(1);
  expect(sent).toHaveLength(3);
});

test('an outage is not forgotten between tries: since when stays', async () => {
  for (let reads = 0; reads < 4; reads++) startRead(() => false);
  await pass(8000);
  expect(gate.outage()?.since).toEqual(new Date(10));
});

test('nothing is asked while nobody looks, and at once when somebody does', async () => {
  startRead(() => false);
  startRead(() => true);
  await pass(20);
  isHidden = true;
  await pass(60_000);
  expect(sent).toHaveLength(1);
  isHidden = false;
  gate.lookedAt();
  await pass(0);
  expect(sent).toHaveLength(2);
});

test('who asks at once need not wait for the time', async () => {
  startRead(() => false);
  startRead(() => true);
  await pass(20);
  gate.tryNow();
  await pass(0);
  expect(sent).toHaveLength(2);
});

test('reads on their way together count as one failure', async () => {
  startRead(() => true);
  await pass(20);
  for (let reads = 0; reads < 5; reads++) startRead(() => false);
  await pass(20);
  expect(gate.outage()?.nextTryAt).toEqual(new Date(20 + 10 + 1000));
});

test('silence is told as an outage too', async () => {
  void gate.enter();
  await pass(5000);
  expect(gate.outage()).toEqual({ since: new Date(0), nextTryAt: undefined });
});

test('who leaves without an answer makes room for the next and says nothing of the control plane', async () => {
  startRead(() => false);
  await pass(1015);
  const turn = gate.enter();
  startRead(() => true);
  (await turn).left();
  expect(gate.outage()).toBeDefined();
  await pass(20);
  expect(gate.outage()).toBeUndefined();
});
