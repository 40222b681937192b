import {
  type ContainerRunner,
  createDockerContainerRunner,
  createHostPayloadKeys,
  createJournal,
  type HostHome,
  loadAgentFile,
  registeredHost,
  stackUser,
} from '@bigeye/host-kit';
import { type Logger, pause } from '@bigeye/service-kit';
import { runActivityWorker } from './activity-worker.ts';
import { createDrainOrder } from './drain-order.ts';
import { createHostApi } from './host-api.ts';
import type { HostDeps } from './host-deps.ts';
import { beatForHost } from './host-heartbeat.ts';
import { openLiveIdentity } from './live-identity.ts';
import { readMachineBoot } from './machine-boot.ts';
import { createOrchestratorHealth } from './orchestrator-health.ts';
import { recoverRuns } from './recover-runs.ts';
import { createRunUsage } from './run-usage.ts';
import { createRunWaits } from './run-waits.ts';
import { createSlotClaims } from './slot-claims.ts';
import { createTimelineOutbox } from './timeline-outbox.ts';

export interface OrchestratorOptions {
  home: HostHome;
  log: Logger;
  /** Ends the orchestrator. Running containers are let go of, never stopped. */
  shutdown: AbortSignal;
  /** Stops what runs here and starts nothing more. */
  stopRuns: AbortSignal;
  /** The engine, by the guard (`tcp://docker-socket-proxy:2375`) or a runner of a test. */
  engine: string | ContainerRunner;
  /** Where the state for the health check is written. */
  healthFile: string;
  heartbeatEveryMs?: number;
}

/**
 * Runs the host's side of every run until `shutdown`. Returns 'failed' when the process must be started anew.
 * Throws HOST_NOT_REGISTERED or HOST_CONFIG_INVALID before anything is started.
 */
export async function runOrchestrator(options: OrchestratorOptions): Promise<'stopped' | 'failed'> {
  const { home, log } = options;
  const loadSettings = () => {
    const { settings } = loadAgentFile(home);
    return { host: registeredHost(home, settings), settings };
  };
  const { hostId, gatewayAddress, hostApiUrl } = loadSettings().host;
  const ending = new AbortController();
  const shutdown = AbortSignal.any([options.shutdown, ending.signal]);
  const payloadKeys = createHostPayloadKeys(home, hostId);
  using identity = openLiveIdentity(home, hostId, hostApiUrl, log);
  const hostApi = createHostApi(identity.client);
  const timeline = createTimelineOutbox({ hostApi, log, signal: shutdown });
  const deps: HostDeps = {
    hostId,
    home,
    loadSettings,
    user: stackUser(),
    boot: readMachineBoot(),
    hostApi,
    log,
    stopRuns: options.stopRuns,
    shutdown,
    runner: typeof options.engine === 'string' ? createDockerContainerRunner(options.engine) : options.engine,
    journal: createJournal(home.journal),
    slots: createSlotClaims(home, hostId),
    drain: createDrainOrder(home),
    usage: createRunUsage(home),
    followers: new Map(),
    timeline,
    waits: createRunWaits({ hostId, timeline, log }),
  };
  const health = createOrchestratorHealth(options.healthFile);
  await deps.slots.tidy();
  await recoverRuns(deps);
  const beating = beatForHost(deps, {
    ...(options.heartbeatEveryMs === undefined ? {} : { everyMs: options.heartbeatEveryMs }),
    onAcknowledged: health.setAcknowledged,
    onRenewalDue: identity.renew,
    onRefused: identity.reload,
  });
  const onPolling = health.setPolling;
  try {
    return await runActivityWorker(deps, { hostId, gatewayAddress, identity, payloadKeys, log, shutdown, onPolling });
  } finally {
    ending.abort();
    // Its last call may be waiting for an answer that never comes.
    await Promise.race([beating, pause(1_000)]);
  }
}
