import { mayWorkLater, needsAction } from './error-spec.ts';

/** The audit log. */
export const auditErrors = {
  AUDIT_NOT_WRITTEN: mayWorkLater(
    503,
    (_: object) => 'The audit log cannot be written, so nothing is changed until it can.',
    () =>
      'Check the database of the control plane (its log names the fault); then read what you changed last and try again.',
  ),
  AUDIT_CHAIN_BROKEN: needsAction(
    409,
    (d: { sequence: number }) =>
      `The audit log was changed: entry ${d.sequence} does not follow from what is before it.`,
    () => 'Compare it with an earlier export ("bigeye-agent audit export") and find out who can write to the database.',
  ),
  AUDIT_HASH_MISSING: needsAction(
    409,
    (d: { hash: string; removed?: number }) => `No entry of the audit log has the hash ${d.hash}.`,
    (d) =>
      `${d.removed ? `Unless it is of one of the entries 1 to ${d.removed}, which were removed by their age, entries` : 'Entries'} were cut off or written anew since that hash was noted. Compare with the export of that day.`,
  ),
  AUDIT_SHORTENED: mayWorkLater(
    503,
    (_: object) => 'Old entries of the audit log were removed while it was read.',
    () => 'Ask again.',
  ),
} as const;
