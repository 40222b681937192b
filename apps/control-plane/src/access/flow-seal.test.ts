import { afterEach, expect, test, vi } from 'vitest';
import { createFlowSeal, flowLifetimeSeconds } from './flow-seal.ts';

afterEach(() => {
  vi.useRealTimers();
});

const flow = { state: 's', nonce: 'n', verifier: 'v', to: '/runs' };
const { seal, open } = createFlowSeal('a secret of the client');

test('every process with the same secret opens it, and nobody reads it', () => {
  const sealed = seal(flow);
  expect(createFlowSeal('a secret of the client').open(sealed)).toMatchObject(flow);
  expect(Buffer.from(sealed, 'base64url').toString()).not.toContain('/runs');
  expect(createFlowSeal('another secret').open(sealed)).toBeUndefined();
});

test('after ten minutes it is worth nothing', () => {
  const sealed = seal(flow);
  vi.useFakeTimers({ now: Date.now() + flowLifetimeSeconds * 1000 });
  expect(open(sealed)).toBeUndefined();
});

test.each([undefined, '', 'x', 'A'.repeat(200)])('%j is none', (sealed) => {
  expect(open(sealed)).toBeUndefined();
});

test('each changed byte shows', () => {
  const bytes = Buffer.from(seal(flow), 'base64url');
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes);
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(open(changed.toString('base64url'))).toBeUndefined();
  }
});
