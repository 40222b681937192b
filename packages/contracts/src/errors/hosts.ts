import { because, mayWorkLater, needsAction } from './error-spec.ts';

/** Hosts at the control plane, and what a host may say and open there. */
export const hostErrors = {
  CERTIFICATE_REFUSED: needsAction(
    403,
    (d: { reason: string }) => `The host certificate was refused${because(d.reason)}.`,
    () => 'On the host, run "bigeye-agent register" again to get a new certificate.',
  ),
  HOST_NOT_FOUND: needsAction(
    404,
    (d: { hostId: string }) => `No host is registered as "${d.hostId}".`,
    (d) =>
      `Run "bigeye-agent register --host-id ${d.hostId}" on that machine, or choose one from Settings → Agents → Hosts.`,
  ),
  HOST_HAS_ACTIVE_RUNS: needsAction(
    409,
    (d: { hostId: string; count: number }) => `Host "${d.hostId}" has ${d.count} active run(s).`,
    () => 'Cancel them or wait for their end; with --force they end as failed.',
  ),
  HOST_REVOKED: needsAction(
    409,
    (d: { hostId: string }) => `Host "${d.hostId}" was revoked.`,
    (d) => `To let it in again, run "bigeye-agent register --host-id ${d.hostId}" on that machine.`,
  ),
  HOST_LIMIT_REACHED: mayWorkLater(
    429,
    (d: { hostId: string; limit: string }) => `Host "${d.hostId}" has reached its limit: ${d.limit}.`,
    () => 'Wait until earlier calls are answered; an orchestrator does so by itself.',
  ),
  NOT_FOR_HOST_TO_SAY: needsAction(
    403,
    (d: { what: string }) => `A host may not say ${d.what}: that is the control plane's.`,
    () => 'Run the orchestrator of this version on the host: bigeye-agent compose upgrade.',
  ),
} as const;
