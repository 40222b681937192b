import { expect, test } from 'vitest';
import { isErrorLine, lineOfHash, type NumberedLine, readLine, timeOfLine, wordsOf } from './log-line.ts';

const line = (text: string, stream: NumberedLine['stream'] = 'stdout'): NumberedLine => ({
  number: 1,
  at: '2026-03-12T02:30:12.402118211Z',
  stream,
  text,
});
const output = (value: object) => line(JSON.stringify(value));

test('progress of an agent reads as a sentence', () => {
  const progress = output({
    type: 'progress',
    phase: 'views',
    done: 1200,
    total: 4800,
    unit: 'views',
    etaSeconds: 252,
  });
  expect(readLine(progress)).toEqual({
    kind: 'progress',
    text: 'views: 1,200 of 4,800 views · about 4 m 12 s left',
    share: 0.25,
  });
});

test('a result that is no success is an error, with its remedy to be found', () => {
  const failed = output({
    type: 'result',
    outcome: 'failed',
    exitCode: 3,
    message: 'password authentication failed',
    remedy: 'Correct the password.',
  });
  expect(isErrorLine(failed)).toBe(true);
  expect(wordsOf(failed)).toContain('Correct the password.');
  expect(isErrorLine(output({ type: 'result', outcome: 'succeeded', exitCode: 0, message: 'no view failed' }))).toBe(
    false,
  );
});

test("JSON that is not an agent's stays as it is", () => {
  const text = '{"level":"info","message":"hello"}';
  expect(readLine(line(text))).toEqual({ kind: 'text', spans: [{ text }] });
  expect(readLine(line('{"type":"progress"', 'stdout')).kind).toBe('text');
});

test('an error stream may carry JSON that looks like a result, and is not trusted', () => {
  const text = JSON.stringify({ type: 'result', outcome: 'succeeded', exitCode: 0, message: 'fine' });
  expect(readLine(line(text, 'stderr')).kind).toBe('text');
});

test('our own marks stand out', () => {
  expect(readLine(line('3.1 MiB left out here', 'system'))).toEqual({ kind: 'mark', text: '3.1 MiB left out here' });
});

test('words of trouble are found behind colours, not within other words', () => {
  expect(isErrorLine(line('\u001b[31mFATAL\u001b[0m: password authentication failed', 'stderr'))).toBe(true);
  expect(isErrorLine(line('0 terrors', 'stderr'))).toBe(false);
});

test('a line has an address', () => {
  expect(lineOfHash('#L120')).toBe(120);
  expect(lineOfHash('#L0')).toBeUndefined();
  expect(lineOfHash('#top')).toBeUndefined();
});

test('times of lines have milliseconds', () => {
  expect(timeOfLine('2026-03-12T02:30:12.402118211Z')).toMatch(/^\d\d:\d\d:12\.402$/);
});
