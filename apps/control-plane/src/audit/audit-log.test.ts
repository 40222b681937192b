import { createLogger } from '@bigeye/service-kit';
import { expect, test } from 'vitest';
import { createAuditLog } from './audit-log.ts';
import type { AuditStore, NewAuditEntry } from './audit-store.ts';

const entry = (requestId: string) => ({ requestId }) as NewAuditEntry;

function faultyStore() {
  const written: string[] = [];
  const state = { isAway: false };
  const appendEntries = async (entries: NewAuditEntry[]) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (state.isAway) throw new Error('database away');
    written.push(...entries.map(({ requestId }) => requestId));
  };
  const auditLog = createAuditLog({ appendEntries } as AuditStore, createLogger('test', 'silent'));
  return { written, state, auditLog };
}

test('after an entry could not be written nothing more may be changed, until it is', async () => {
  const { written, state, auditLog } = faultyStore();
  await auditLog.requireWritable();
  state.isAway = true;
  await expect(auditLog.record(entry('a'))).rejects.toMatchObject({ code: 'AUDIT_NOT_WRITTEN' });
  await expect(auditLog.requireWritable()).rejects.toMatchObject({ code: 'AUDIT_NOT_WRITTEN' });
  state.isAway = false;
  await auditLog.requireWritable();
  expect(written).toEqual(['a']);
});

test('many at once are each written once', async () => {
  const { written, auditLog } = faultyStore();
  const names = Array.from({ length: 30 }, (_, n) => String(n));
  await Promise.all(names.map((name) => auditLog.record(entry(name))));
  expect(written.sort()).toEqual(names.sort());
});
