import { AppError } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import type { AuditStore, NewAuditEntry } from './audit-store.ts';

export interface AuditLog {
  /** Throws AUDIT_NOT_WRITTEN while an earlier entry is still not written: then nothing more may be changed. */
  requireWritable(): Promise<void>;
  /** Throws AUDIT_NOT_WRITTEN; the entry is then kept, told in the log, and written before the next change. */
  record(entry: NewAuditEntry): Promise<void>;
}

/**
 * A change is made first and recorded before it is answered. Where the recording fails, the changes that are under way
 * at that moment are the last ones: no other begins until their entries are written.
 */
export function createAuditLog(auditStore: AuditStore, log: Logger): AuditLog {
  const unwritten: NewAuditEntry[] = [];
  let writing = Promise.resolve();

  const writeAll = async () => {
    const entries = [...unwritten];
    if (entries.length === 0) return;
    await auditStore.appendEntries(entries);
    unwritten.splice(0, entries.length);
  };
  /** One after the other, so that no entry is written twice. What came meanwhile goes with the next. */
  const write = () => {
    const mine = writing.then(writeAll);
    writing = mine.catch(() => undefined);
    return mine;
  };
  return {
    requireWritable: async () => {
      if (unwritten.length === 0) return;
      await write().catch((cause) => {
        throw new AppError('AUDIT_NOT_WRITTEN', {}, { cause });
      });
    },
    record: async (entry) => {
      unwritten.push(entry);
      try {
        await write();
      } catch (cause) {
        log.error({ audit: entry, err: cause }, 'audit entry not written');
        throw new AppError('AUDIT_NOT_WRITTEN', {}, { cause });
      }
    },
  };
}
