import type { Logger } from '@bigeye/service-kit';
import { createAttemptLimits } from '../access/attempt-limits.ts';
import { createFirstAdmin, type FirstAdmin } from '../access/first-admin.ts';
import { createSingleSignOn } from '../access/single-sign-on.ts';
import { type ControlPlaneConfig, keptDaysOf, oidcSettingsOf } from '../config.ts';
import { hostSetupOf, loadCliDownload } from '../hosts/host-setup.ts';
import type { Readiness } from '../http/readiness.ts';
import type { RunDispatcher } from '../runs/run-dispatcher.ts';
import { createPayloadReader } from '../temporal/payload-reader.ts';
import { startApiListener } from './api-listener.ts';
import { type Endpoints, hostAddressesOf, limitsOf, tlsFilesOf } from './endpoints.ts';
import type { Ground } from './ground.ts';

/** API, documentation, health and the web UI. */
export async function startApiRole(
  { stores, changes, objects, authority, auditLog, payloadKeys, caFingerprint }: Ground,
  options: {
    config: ControlPlaneConfig;
    endpoints: Endpoints;
    dispatcher: RunDispatcher;
    readiness: Readiness;
    log: Logger;
  },
): Promise<AsyncDisposable> {
  const { config, endpoints, dispatcher, readiness, log } = options;
  const { publicUrl } = endpoints;
  const cli = loadCliDownload(config.CLI_FILE);
  const oidc = oidcSettingsOf(config);
  const deps = {
    ...stores,
    changes,
    objects,
    keptDays: keptDaysOf(config),
    authority,
    auditLog,
    dispatcher,
    endpoints,
    publicUrl,
    hostSetup: hostSetupOf(hostAddressesOf(config, endpoints), { caFingerprint, cli }),
    singleSignOn: oidc && createSingleSignOn(oidc, publicUrl),
    payloadReader: createPayloadReader(payloadKeys),
    attemptLimits: createAttemptLimits(),
  };
  return await startApiListener(deps, {
    listen: config.API_LISTEN,
    limits: limitsOf(config, { listener: 'API', proxies: config.TRUSTED_PROXIES, log }),
    tls: tlsFilesOf(config),
    ...(config.TRUSTED_PROXIES ? { trustedProxies: config.TRUSTED_PROXIES } : {}),
    webRoot: config.WEB_ROOT,
    cli,
    temporalUiOrigin: config.TEMPORAL_UI_ORIGIN && new URL(config.TEMPORAL_UI_ORIGIN).origin,
    readiness,
    log,
  });
}

/** How somebody comes in for the first time; undefined where somebody can already. */
export async function firstAdminOf(
  { stores }: Ground,
  { config, publicUrl }: { config: ControlPlaneConfig; publicUrl: string },
): Promise<FirstAdmin | undefined> {
  return await createFirstAdmin(stores, { email: config.ADMIN_EMAIL, publicUrl });
}
