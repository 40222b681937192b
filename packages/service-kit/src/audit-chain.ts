import { createHash } from 'node:crypto';
import {
  type AuditEntry,
  AuditShortening,
  type AuditVerification,
  auditShortening,
  auditTextOf,
  firstPreviousHash,
} from '@bigeye/contracts';

export const auditHashOf = (entry: Omit<AuditEntry, 'hash'>): string =>
  createHash('sha256').update(auditTextOf(entry)).digest('hex');

/**
 * Follows a chain from its first entry on, entry by entry. Only the first break is told: after it nothing is certain. A chain
 * that begins later than at 1 holds if one of its entries says that what was before it was removed, and with which hash it ended.
 */
export function createAuditChecker(): { add(entry: AuditEntry): void; result(): AuditVerification } {
  let entries = 0;
  let first: AuditEntry | undefined;
  let last: AuditEntry | undefined;
  let brokenAt: number | null = null;
  let removed: AuditVerification['removed'] = null;
  return {
    add: (entry) => {
      first ??= entry;
      const follows = last
        ? entry.sequence === last.sequence + 1 && entry.previousHash === last.hash
        : entry.sequence > 1 || entry.previousHash === firstPreviousHash;
      const isWhole = entry.hash === auditHashOf(entry);
      if (brokenAt === null && !(follows && isWhole)) brokenAt = entry.sequence;
      if (isWhole) removed = removedBefore(first, entry) ?? removed;
      entries += 1;
      last = entry;
    },
    result: () => ({
      entries,
      lastHash: last?.hash ?? firstPreviousHash,
      brokenAt: first && first.sequence !== 1 && !removed ? first.sequence : brokenAt,
      removed,
    }),
  };
}

/** If `entry` accounts for all that is missing before `first`. */
function removedBefore(first: AuditEntry, entry: AuditEntry): AuditVerification['removed'] {
  if (entry.action !== auditShortening) return null;
  const { data } = AuditShortening.safeParse(entry.details);
  if (data?.lastRemoved !== String(first.sequence - 1) || data.hash !== first.previousHash) return null;
  return { entries: first.sequence - 1, lastHash: data.hash, at: entry.at };
}
