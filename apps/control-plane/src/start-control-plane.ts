import { createLogger, type Logger } from '@bigeye/service-kit';
import type { FirstAdmin } from './access/first-admin.ts';
import type { ControlPlaneConfig } from './config.ts';
import { createReadiness } from './http/readiness.ts';
import { startHealthListener } from './http/serve-health.ts';
import { firstAdminOf, startApiRole } from './roles/api.ts';
import { endpointsOf, limitsOf } from './roles/endpoints.ts';
import { startGatewayRole } from './roles/gateway.ts';
import { openGround } from './roles/ground.ts';
import { startWorkerRole } from './roles/worker.ts';
import { createRemoteDispatcher } from './runs/run-dispatcher.ts';
import { openTemporalTarget } from './temporal/connect.ts';
import { startEmbeddedServer } from './temporal/embedded-server.ts';

export interface ControlPlane extends AsyncDisposable {
  publicUrl: string;
  /** How the admin that this start created comes in; undefined at every later start. */
  firstAdmin: FirstAdmin | undefined;
}

/**
 * The roles that the settings name, in one process: all of them unless told otherwise. `onFirstAdmin` hears how the admin
 * whom this start created comes in, or that there was nobody to create. When `signal` fires in the middle of the start,
 * what was opened is closed and this throws.
 */
export async function startControlPlane(
  config: ControlPlaneConfig,
  log: Logger = createLogger('control-plane', config.LOG_LEVEL),
  onFirstAdmin: (first: FirstAdmin | undefined, publicUrl: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<ControlPlane> {
  await using starting = new AsyncDisposableStack();
  const has = new Set(config.ROLES);
  const endpoints = endpointsOf(config);
  const { publicUrl } = endpoints;
  const ground = starting.use(await openGround(config, log, signal));
  const firstAdmin = has.has('api') ? await firstAdminOf(ground, { config, publicUrl }) : undefined;
  // At once: what goes wrong further on must not take the only key along.
  if (has.has('api')) onFirstAdmin(firstAdmin, publicUrl);

  const temporal =
    has.has('worker') || has.has('gateway') ? starting.use(await openTemporal(config, log, signal)) : undefined;
  const worker =
    temporal && has.has('worker') ? starting.use(await startWorkerRole(ground, { config, temporal, log })) : undefined;
  const dispatcher = worker?.dispatcher ?? createRemoteDispatcher(ground.changes);
  const readiness = createReadiness({
    database: ground.isDatabaseReady,
    ...(worker ? { temporal: worker.readiness } : {}),
  });
  if (temporal && has.has('gateway'))
    starting.use(await startGatewayRole(ground, { config, endpoints, temporal, dispatcher, log }));
  if (has.has('api')) starting.use(await startApiRole(ground, { config, endpoints, dispatcher, readiness, log }));
  if (config.HEALTH_LISTEN) {
    const limits = limitsOf(config, { listener: 'health', log });
    starting.use(await startHealthListener(config.HEALTH_LISTEN, { readiness, limits, log }));
  }
  signal?.throwIfAborted();
  const { caFingerprint } = ground;
  log.info(
    { roles: config.ROLES, ...endpoints, temporalAddress: temporal?.address, caFingerprint },
    'control plane is ready',
  );
  const running = starting.move();
  return { publicUrl, firstAdmin, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** The cluster that the settings name, else a server of our own. */
async function openTemporal(config: ControlPlaneConfig, log: Logger, signal: AbortSignal | undefined) {
  await using opening = new AsyncDisposableStack();
  const { TEMPORAL_CLI: cli, TEMPORAL_PORT: port, TEMPORAL_NAMESPACE: namespace, DATA_DIR: dataDir } = config;
  const embedded = config.TEMPORAL_ADDRESS
    ? undefined
    : opening.use(await startEmbeddedServer({ cli, dataDir, port, namespace, log, signal }));
  const target = opening.use(openTemporalTarget(config, log, { embedded: embedded?.address }));
  const open = opening.move();
  return { ...target, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
