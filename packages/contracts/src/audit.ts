import { z } from 'zod';

/** Who did it. `anonymous`: nobody was proven, as at a failed sign-in. `control plane`: it by itself. */
export const AuditActorKind = z.enum(['user', 'agent', 'host', 'anonymous', 'control plane']);
export type AuditActorKind = z.infer<typeof AuditActorKind>;

/** One line of the audit log. What a request said stands in `details`, as far as the routes table names it; never a secret. */
export const AuditEntry = z.object({
  /** 1, 2, 3 … without a gap, or from a later one on where older entries were removed by their age. */
  sequence: z.number().int(),
  at: z.iso.datetime(),
  /** Name of the route, or `auditShortening`. */
  action: z.string(),
  actorKind: AuditActorKind,
  /** User, API key or host id; null for nobody. */
  actorId: z.string().nullable(),
  /** E-mail, name of the agent key, or host id, as it was then. */
  actorName: z.string(),
  /** Key, session or certificate that proved it. */
  credential: z.string().nullable(),
  address: z.string(),
  /** HTTP status of the answer. */
  status: z.number().int(),
  errorCode: z.string().nullable(),
  details: z.record(z.string(), z.string()),
  requestId: z.string(),
  /** `hash` of the entry before it; 64 zeros for the first. */
  previousHash: z.string(),
  /** SHA-256 of `auditTextOf`, lower-case hex. */
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

export const firstPreviousHash = '0'.repeat(64);

/** What is hashed: every field but the hash itself, in one fixed order. Changing this text breaks every chain there is. */
export function auditTextOf(entry: Omit<AuditEntry, 'hash'>): string {
  const { sequence, at, action, actorKind, actorId, actorName, credential, address, status, errorCode } = entry;
  const details = Object.entries(entry.details).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    ...[sequence, at, action, actorKind, actorId, actorName, credential, address, status, errorCode],
    ...[details, entry.requestId, entry.previousHash],
  ]);
}

/**
 * The action of the entry by which the log is shortened from its old end. It names the last entry that goes and its hash, and
 * is itself a link of the chain: a beginning that no entry accounts for is a break.
 */
export const auditShortening = 'shortenAuditLog';
/** Details of such an entry. */
export const AuditShortening = z.object({ lastRemoved: z.string(), hash: z.string() });

/** Of the whole log. Keep `lastHash` elsewhere: entries that were cut off the end show by it, and by nothing else. */
export const AuditVerification = z.object({
  /** How many are there. */
  entries: z.number().int(),
  lastHash: z.string(),
  /** The first entry that does not follow from the one before it. */
  brokenAt: z.number().int().nullable(),
  /** What was removed by its age, null for nothing: the entries 1 to `entries`, the last of which had `lastHash`. */
  removed: z.object({ entries: z.number().int(), lastHash: z.string(), at: z.iso.datetime() }).nullable(),
});
export type AuditVerification = z.infer<typeof AuditVerification>;
