import { firstOf } from '../first-of.ts';
import { because, needsAction } from './error-spec.ts';

/** The key of the account, the keys of control plane and host, and what is sealed with them. */
export const keyErrors = {
  PUBLIC_KEY_NOT_FOUND: needsAction(
    404,
    (_: object) => 'No account public key is registered yet.',
    () => 'Register a first host with "bigeye-agent register".',
  ),
  PUBLIC_KEY_CONFLICT: needsAction(
    409,
    (_: object) => 'Another account key is registered, and hosts depend on it.',
    () => 'Copy agent_config/ from a registered host, then run "bigeye-agent register" again.',
  ),
  KEY_ROTATION_REFUSED: needsAction(
    409,
    (d: { reason: string }) => `The account key was not rotated${because(d.reason)}.`,
    () => 'See where the keys stand with "bigeye-agent keys show" on each host.',
  ),
  KEY_ROTATION_UNFINISHED: needsAction(
    409,
    (d: { hosts: string[]; count: number }) =>
      `These hosts do not have the new account key yet: ${firstOf(d.hosts, d.count)}.`,
    () =>
      'Copy agent_private_key.pem and agent_private_key_previous.pem to agent_config/ there and run "bigeye-agent keys show" there, or give them up with --force.',
  ),
  KEYS_DIFFER: needsAction(
    409,
    (d: { problems: string[] }) =>
      `Host and control plane do not hold the same keys: ${(d.problems ?? []).join('; ')}.`,
    () =>
      'For the account key, copy agent_config/ from a host where "bigeye-agent keys show" is fine; for another one, run "bigeye-agent register" again.',
  ),
  CA_FINGERPRINT_DIFFERS: needsAction(
    409,
    (d: { expected: string; found: string }) => `The control plane's CA is ${d.found}, not ${d.expected}.`,
    () =>
      'Do not go on unless you know why. The control plane says its own in the log line "control plane is ready" (caFingerprint).',
  ),
  PAYLOAD_UNREADABLE: needsAction(
    409,
    (_: object) => 'A message between control plane and host could not be read: its keys do not match.',
    () => 'On the host, run "bigeye-agent keys show"; it compares the keys of both sides and says what to do.',
  ),
  ACCOUNT_KEY_MISMATCH: needsAction(
    409,
    (_: object) => 'The key in agent_config/ is not the key registered for this account.',
    () =>
      'Copy agent_config/ from a host that is registered, then run register again. Where none of them has it any more, revoke them all (Settings → Agents → Hosts); the next host that registers brings a new key.',
  ),
} as const;
