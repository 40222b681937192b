import type { Logger } from '@bigeye/service-kit';
import type { ControlPlaneConfig } from '../config.ts';
import { startWorkerGateway } from '../gateway/worker-gateway.ts';
import { createHostIdentity } from '../hosts/host-identity.ts';
import { createHostSessions } from '../hosts/host-sessions.ts';
import type { RunDispatcher } from '../runs/run-dispatcher.ts';
import type { TemporalTarget } from '../temporal/connect.ts';
import { openGatewayUpstream } from '../temporal/gateway-upstream.ts';
import { type Endpoints, limitsOf } from './endpoints.ts';
import type { Ground } from './ground.ts';
import { startHostListener } from './host-listener.ts';

/** What hosts connect to: the worker gateway and the host API, both by their certificates. */
export async function startGatewayRole(
  { stores, changes, authority, auditLog }: Ground,
  options: {
    config: ControlPlaneConfig;
    endpoints: Endpoints;
    temporal: TemporalTarget;
    dispatcher: RunDispatcher;
    log: Logger;
  },
): Promise<AsyncDisposable> {
  await using starting = new AsyncDisposableStack();
  const { config, endpoints, temporal, dispatcher, log } = options;
  const identity = starting.use(createHostIdentity(stores.hostStore, changes, { restoredAt: config.RESTORED_AT, log }));
  const sessions = starting.use(createHostSessions(changes, log));
  starting.use(
    await startWorkerGateway({
      listen: config.GATEWAY_LISTEN,
      limits: limitsOf(config, { listener: 'gateway', log }),
      authority,
      identity,
      sessions,
      upstream: starting.use(openGatewayUpstream(temporal)),
      namespace: temporal.namespace,
      log,
    }),
  );
  starting.use(
    await startHostListener(
      { ...stores, authority, auditLog, dispatcher, endpoints, temporalNamespace: temporal.namespace },
      {
        listen: config.HOST_API_LISTEN,
        limits: limitsOf(config, { listener: 'host API', log }),
        identity,
        sessions,
        log,
      },
    ),
  );
  return starting.move();
}
