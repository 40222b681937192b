import { expect, test } from 'vitest';
import { safePathOf } from './safe-path.ts';

test.each([
  ['/runs', '/runs'],
  ['/runs?status=failed#top', '/runs?status=failed#top'],
  ['/a/../jobs', '/jobs'],
])('%s leads there', (path, expected) => {
  expect(safePathOf(path)).toBe(expected);
});

test.each([
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/.//evil.example',
  '/a/..//evil.example',
  'javascript:alert(1)',
  'runs',
  '',
  '/api/v1/session/oidc',
])('%j leads nowhere but home', (path) => {
  expect(safePathOf(path)).toBe('/');
});
