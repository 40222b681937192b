import type { AuditEntry } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { auditAnswer } from './audit-answer.ts';

const entry = { action: 'createUser', actorName: 'ann@example.com', status: 200 } as AuditEntry;
const lastHash = 'abcdef0123456789';

test('the newest entry is told in words, and whether it was refused', () => {
  expect(auditAnswer(entry, undefined)).toBe('Newest: ann@example.com, create user.');
  expect(auditAnswer({ ...entry, status: 403 }, undefined)).toBe('Newest: ann@example.com, create user, refused.');
  expect(auditAnswer(undefined, undefined)).toBe('No entry.');
});

test('once verified, the result comes first', () => {
  expect(auditAnswer(entry, { entries: 1204, lastHash, brokenAt: null, removed: null })).toBe(
    '1,204 entries, and the chain holds. Last hash: abcdef012345…',
  );
  expect(auditAnswer(entry, { entries: 1204, lastHash, brokenAt: 17, removed: null })).toMatch(
    /was changed: entry 17 /,
  );
  const removed = { entries: 5000, lastHash, at: '2026-01-01T00:00:00.000Z' };
  expect(auditAnswer(entry, { entries: 1204, lastHash, brokenAt: null, removed })).toMatch(
    /the chain holds\. The 5,000 before them were removed by their age\./,
  );
});
