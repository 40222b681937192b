import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createOpenAttempts } from './open-attempts.ts';

const folder = () => path.join(mkdtempSync(path.join(tmpdir(), 'attempts-')), 'attempts');

test('the next process takes over what is still open, once', () => {
  const at = folder();
  const attempts = createOpenAttempts(at);
  attempts.begin(new Uint8Array([1]));
  const over = attempts.begin(new Uint8Array([2]));
  over();
  const next = createOpenAttempts(at);
  expect(next.takeLeftOver()).toEqual([new Uint8Array([1])]);
  expect(next.takeLeftOver()).toEqual([]);
});

test('an attempt that cannot be written down, as on a full disk, goes on', () => {
  const at = folder();
  const attempts = createOpenAttempts(at);
  rmSync(at, { recursive: true });
  const over = attempts.begin(new Uint8Array([1]));
  over();
  createOpenAttempts(at);
  expect(readdirSync(at)).toEqual([]);
});
