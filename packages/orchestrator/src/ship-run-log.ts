import { containerNameOf, type RunId } from '@bigeye/contracts';
import type { HostDeps } from './host-deps.ts';
import { shipLog } from './log-shipper.ts';
import { createSecretMask } from './secret-mask.ts';

/** Sends the log of the run's container to its end, masked, and tells when its first line came. */
export function shipRunLog(deps: HostDeps, runId: RunId, mask: SecretMask, signal: AbortSignal): Promise<void> {
  const onFirstLine = (at: string) => deps.timeline.add(runId, 'first_log', { at: new Date(at).toISOString() });
  return shipLog(deps, { runId, containerName: containerNameOf(runId), mask, onFirstLine }, signal);
}

export type SecretMask = (text: string) => string;

/** Hides the secrets of all connections, because a connection may have been edited since the run started. */
export function secretMaskOf({ loadSettings, log }: HostDeps): SecretMask {
  try {
    const { host, settings } = loadSettings();
    return createSecretMask([host.agentApiKey, ...settings.connectors.postgres.map(({ password }) => password)]);
  } catch (error) {
    log.warn({ err: error }, 'settings not readable, log lines are withheld');
    return () => '(withheld: bigeye_agent.yml cannot be read, so secrets cannot be masked)';
  }
}
