import { createHash } from 'node:crypto';
import { type AuditEntry, type AuditVerification, auditTextOf, firstPreviousHash } from '@bigeye/contracts';

export const auditHashOf = (entry: Omit<AuditEntry, 'hash'>): string =>
  createHash('sha256').update(auditTextOf(entry)).digest('hex');

/** Follows a chain from its first entry on, entry by entry. Only the first break is told: after it nothing is certain. */
export function createAuditChecker(): { add(entry: AuditEntry): void; result(): AuditVerification } {
  let entries = 0;
  let lastHash = firstPreviousHash;
  let brokenAt: number | null = null;
  return {
    add: (entry) => {
      const follows = entry.sequence === entries + 1 && entry.previousHash === lastHash;
      if (brokenAt === null && !(follows && entry.hash === auditHashOf(entry))) brokenAt = entry.sequence;
      entries += 1;
      lastHash = entry.hash;
    },
    result: () => ({ entries, lastHash, brokenAt }),
  };
}
