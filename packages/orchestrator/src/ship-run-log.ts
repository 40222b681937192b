import { containerNameOf, createSecretMask, type RunId, type SecretMask } from '@bigeye/contracts';
import { secretsOfHost } from '@bigeye/host-kit';
import type { HostDeps } from './host-deps.ts';
import { shipLog } from './log-shipper.ts';

/** Sends the log of the run's container to its end, masked, and tells when its first line came. */
export function shipRunLog(
  deps: HostDeps,
  { runId, mask, isUnsent = false }: { runId: RunId; mask: SecretMask; isUnsent?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const onFirstLine = (at: string) => deps.timeline.add(runId, 'first_log', { at: new Date(at).toISOString() });
  return shipLog(deps, { runId, containerName: containerNameOf(runId), mask, onFirstLine, isUnsent }, signal);
}

/** Hides the secrets of all connections, because a connection may have been edited since the run started. */
export function secretMaskOf({ loadSettings, log }: HostDeps): SecretMask {
  try {
    const { host, settings } = loadSettings();
    return createSecretMask(secretsOfHost(host, settings));
  } catch (error) {
    log.warn({ err: error }, 'settings not readable, log lines are withheld');
    return withheld;
  }
}

const instead = '(withheld: bigeye_agent.yml cannot be read, so secrets cannot be masked)';
/** Hides everything, where it is not known what has to be hidden. */
const withheld: SecretMask = {
  instead,
  find: ({ length }) => (length > 0 ? [{ start: 0, end: length }] : []),
  mask: () => instead,
};
