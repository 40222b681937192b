import type { AuditEntry, AuditVerification } from '@bigeye/contracts';
import { formatCount } from '../../lib/format.ts';
import { actionWords } from './action-words.ts';

/** What was verified, if it was; otherwise the newest entry in words. */
export function auditAnswer(newest: AuditEntry | undefined, verified: AuditVerification | undefined): string {
  if (verified && verified.brokenAt !== null)
    return `The audit log was changed: entry ${formatCount(verified.brokenAt)} does not follow from what is before it.`;
  if (verified) {
    const { removed } = verified;
    const before = removed ? ` The ${formatCount(removed.entries)} before them were removed by their age.` : '';
    return `${formatCount(verified.entries)} entries, and the chain holds.${before} Last hash: ${verified.lastHash.slice(0, 12)}…`;
  }
  if (!newest) return 'No entry.';
  const words = actionWords(newest.action);
  const what = words.charAt(0).toLowerCase() + words.slice(1);
  return newest.status < 400
    ? `Newest: ${newest.actorName}, ${what}.`
    : `Newest: ${newest.actorName}, ${what}, refused.`;
}
