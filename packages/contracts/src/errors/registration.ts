import { firstOf } from '../first-of.ts';
import { because, needsAction, wrongUsage } from './error-spec.ts';

/** Becoming a host. */
export const registrationErrors = {
  // The reason may be told: only who holds a key that was good once comes this far.
  REGISTRATION_KEY_REFUSED: needsAction(
    401,
    (d: { reason: string }) => `The registration key was refused${because(d.reason)}.`,
    () =>
      'Let an admin make a new one: Settings → Agents → Hosts → Register a host. If nobody here used it, tell them so.',
  ),
  REGISTRATION_KEY_NOT_FOUND: needsAction(
    404,
    (d: { registrationKeyId: string }) => `There is no registration key ${d.registrationKeyId}.`,
    () =>
      'A newer key for its host may have replaced it. The open ones stand under Settings → Agents → Hosts → Register a host.',
  ),
  HOST_ID_INVALID: wrongUsage(
    400,
    (d: { hostId: string }) => `"${d.hostId}" is not a host id.`,
    () => 'Use letters, digits and hyphens, at most 256 characters, for example --host-id etl-01.',
  ),
  HOST_ID_TAKEN: needsAction(
    409,
    (d: { hostId: string }) => `Another host is registered as "${d.hostId}".`,
    () =>
      'Choose another id. To bring that same machine back, restore its bigeye_agent.yml and agent_config/ first; to put another machine in its place, let an admin make a key that replaces it: Settings → Agents → Hosts → Register a host.',
  ),
  PERSONAL_KEY_REFUSED: needsAction(
    401,
    (_: object) => 'The personal API key was not accepted.',
    () =>
      'Pass the personal API key of an admin with --personal-api-key or BIGEYE_PERSONAL_API_KEY; the first start of the control plane prints one.',
  ),
  PERSONAL_KEY_NOT_ADMIN: needsAction(
    403,
    (d: { role: string }) =>
      `Registering a host needs the personal API key of an admin; this one belongs to a ${d.role}.`,
    () => 'Ask an admin for a key, or let an admin run the command.',
  ),
  AGENT_KEY_REFUSED: needsAction(
    401,
    (_: object) => 'The agent API key was not accepted.',
    () =>
      'Let an admin create one (POST /api/v1/agent-api-keys) and pass it with --agent-api-key or BIGEYE_AGENT_API_KEY.',
  ),
  AGENT_CONFIG_MISSING: needsAction(
    409,
    (d: { hostIds: string[]; count?: number }) =>
      `Other hosts are registered (${firstOf(d.hostIds, d.count)}), but there is no agent_config/ here.`,
    (d) =>
      `Copy the folder agent_config/ from ${d.hostIds?.[0]} beside bigeye_agent.yml (its hosts/ may stay behind), then run register again.`,
  ),
  HOST_NOT_REGISTERED: needsAction(
    409,
    (d: { file: string }) => `${d.file} names no host id: this machine is not registered.`,
    () => 'Run "bigeye-agent register --host-id <id>" first.',
  ),
  HOST_ALREADY_REGISTERED: needsAction(
    409,
    (d: { hostId: string; file: string }) => `${d.file} says this machine is registered as "${d.hostId}".`,
    (d) => `Use --host-id ${d.hostId} to register it again, or another folder for another host.`,
  ),
} as const;
