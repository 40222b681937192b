import { type Drain, hostHeartbeatEveryMs, isAppError, productVersion, type RunId } from '@bigeye/contracts';
import { accountKeyFingerprints } from '@bigeye/host-kit';
import { backOffMs, pause } from '@bigeye/service-kit';
import { findLeastSpace, neededSpace } from './disk-space.ts';
import type { HostDeps } from './host-deps.ts';
import { reapRun } from './reap-run.ts';

export interface HostHeartbeatOptions {
  everyMs?: number;
  onAcknowledged: () => void;
  /** The control plane asks for a new certificate request. */
  onRenewalDue: () => Promise<void>;
  /** Our certificate is not accepted any more. */
  onRefused: () => void;
}

/** Tells the control plane every 5 s that this host lives, and removes what belongs to no run any more. */
export async function beatForHost(deps: HostDeps, options: HostHeartbeatOptions): Promise<void> {
  const { everyMs = hostHeartbeatEveryMs, onAcknowledged, onRenewalDue, onRefused } = options;
  let reaping: Promise<void> | undefined;
  let failures = 0;
  let isNews = false;
  while (!deps.shutdown.aborted) {
    const begun = Date.now();
    try {
      // Before the slots are listed: whoever was not drained by then has its slot.
      const drain = deps.drain.find();
      // Taken before asking which runs are active: a run that begins after that is not in it, and so is never reaped.
      const here = await listRunsHere(deps);
      const answer = await deps.hostApi.call('heartbeat', {
        body: {
          orchestratorVersion: productVersion,
          engineReachable: here.containers !== undefined,
          diskFreeBytes: (await findLeastSpace(deps.home))?.freeBytes ?? null,
          diskNeededBytes: neededSpaceNow(deps),
          accountKeys: accountKeysHere(deps),
          slots: { count: deps.slots.count(), heldBy: here.slots },
          drainedSince: drain?.since ?? null,
        },
      });
      failures = 0;
      onAcknowledged();
      isNews = followDrain(deps, answer.drain);
      if (answer.certificateRenewalDue) await onRenewalDue();
      reaping ??= reap(deps, here, new Set(answer.activeRunIds)).finally(() => {
        reaping = undefined;
      });
    } catch (error) {
      failures++;
      if (isAppError(error, 'CERTIFICATE_REFUSED')) onRefused();
      deps.log.warn({ err: error instanceof Error ? error.message : error }, 'host heartbeat not acknowledged');
    }
    // Who asked for it waits for the host's word.
    if (failures === 0 && isNews) continue;
    await pause(
      failures > 0 ? untilNextTryMs(failures, everyMs) : Math.max(0, everyMs - (Date.now() - begun)),
      deps.shutdown,
    );
  }
  await reaping;
}

/**
 * Thousands of hosts lose a control plane in the same moment. It greets some hundreds of them a second when it is back, and one that had to
 * wait too long begins anew: so they come back the rarer the longer it takes, and not all in step.
 */
export const untilNextTryMs = (failures: number, everyMs: number): number =>
  backOffMs(failures - 1, { firstMs: everyMs, maxMs: 3 * everyMs });

/** Does as the control plane wants it. Returns whether that is news to it; what cannot be written down is not promised either. */
function followDrain({ drain, log }: HostDeps, wanted: Drain | null): boolean {
  try {
    const isNews = drain.set(wanted);
    if (isNews)
      log.info(wanted ? { since: wanted.since, by: wanted.by } : {}, wanted ? 'host drained' : 'host resumed');
    return isNews;
  } catch (error) {
    log.warn({ err: error }, 'drain not written down');
    return false;
  }
}

/** A key that was just copied here may not be readable yet; that is no reason to fall silent. */
function accountKeysHere({ home, log }: HostDeps): string[] {
  try {
    return accountKeyFingerprints(home);
  } catch (error) {
    log.warn({ err: error instanceof Error ? error.message : error }, 'account keys cannot be read');
    return [];
  }
}

interface RunsHere {
  containers: RunId[] | undefined;
  journals: RunId[];
  slots: RunId[];
}

async function listRunsHere(deps: HostDeps): Promise<RunsHere> {
  const containers = await deps.runner.listContainers(deps.hostId).catch(() => undefined);
  return {
    containers: containers?.map(({ runId }) => runId),
    journals: deps.journal.listRunIds(),
    slots: deps.slots.listRunIds(),
  };
}

/** What the control plane does not count as active. */
async function reap(deps: HostDeps, here: RunsHere, active: Set<RunId>): Promise<void> {
  if (here.containers === undefined) return;
  for (const runId of new Set([...here.containers, ...here.slots, ...here.journals])) {
    if (active.has(runId) || deps.shutdown.aborted) continue;
    try {
      await reapRun(deps, runId, { hasContainer: here.containers.includes(runId) });
    } catch (error) {
      deps.log.warn({ runId, err: error }, 'run not reaped yet');
    }
  }
}

/** A file of settings that is not valid now is told by the runs that need it. */
function neededSpaceNow(deps: HostDeps): number | null {
  try {
    return neededSpace(deps);
  } catch {
    return null;
  }
}
