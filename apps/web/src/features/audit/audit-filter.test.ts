import { expect, test } from 'vitest';
import { auditFilterOf, toAuditListFilter } from './audit-filter.ts';

test('an address says whose, which, with what outcome and since when', () => {
  const filter = auditFilterOf({ who: 'ann', what: 'createUser', outcome: 'refused', when: '24h' });
  expect(toAuditListFilter(filter, new Date('2026-01-02T00:00:00Z'))).toEqual({
    actor: 'ann',
    action: 'createUser',
    refused: 'true',
    from: '2026-01-01T00:00:00.000Z',
  });
});

test('what no such filter says is left out', () => {
  expect(auditFilterOf({ who: '', what: 'create user', outcome: 'x', when: '3h', other: 1 })).toEqual({});
  expect(toAuditListFilter({}, new Date())).toEqual({});
  expect(toAuditListFilter({ outcome: 'done' }, new Date())).toEqual({ refused: 'false' });
});
