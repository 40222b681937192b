import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { certificateFingerprint, createDataConverter, createLogger, type Logger } from '@bigeye/service-kit';
import { sql } from 'kysely';
import { createApiKeyStore } from './access/api-key-store.ts';
import { createAttemptLimits } from './access/attempt-limits.ts';
import { createFirstAdmin, type FirstAdmin } from './access/first-admin.ts';
import { createSessionStore } from './access/session-store.ts';
import { createSingleSignOn } from './access/single-sign-on.ts';
import { createSubjectStore } from './access/subject-store.ts';
import { createUserStore } from './access/user-store.ts';
import { createAuditLog } from './audit/audit-log.ts';
import { createAuditStore } from './audit/audit-store.ts';
import { type ControlPlaneConfig, keptDaysOf, oidcSettingsOf } from './config.ts';
import { openDatabase } from './db/database.ts';
import { startEmbeddedPostgres } from './db/embedded-postgres.ts';
import { openInstallation } from './db/installation.ts';
import { lead } from './db/lead.ts';
import { createLeaseStore } from './db/lease-store.ts';
import { startWorkerGateway } from './gateway/worker-gateway.ts';
import { createHostIdentity } from './hosts/host-identity.ts';
import { createHostSessions } from './hosts/host-sessions.ts';
import { hostSetupOf, loadCliDownload } from './hosts/host-setup.ts';
import { createHostStore } from './hosts/host-store.ts';
import { createRegistrationKeyStore } from './hosts/registration-key-store.ts';
import { createConnectionLimits } from './http/connection-limits.ts';
import type { ListenAddress } from './http/listen.ts';
import { createJobStore } from './jobs/job-store.ts';
import { createAccountKeyStore } from './keys/account-key-store.ts';
import { hasCertificateAuthority, openCertificateAuthority } from './keys/certificate-authority.ts';
import { createPayloadKeys } from './keys/payload-keys.ts';
import { createLineageNeighbourhoodStore } from './lineage/lineage-neighbourhood-store.ts';
import { createLineagePartStore } from './lineage/lineage-part-store.ts';
import { createLineageStore } from './lineage/lineage-store.ts';
import { openDataDir } from './machine/data-dir.ts';
import { lockDataDir } from './machine/data-dir-lock.ts';
import { createObjectDeletionStore } from './objects/object-deletion-store.ts';
import { openObjectStore } from './objects/open-object-store.ts';
import { keepHouse } from './retention/keep-house.ts';
import { createRetentionStore } from './retention/retention-store.ts';
import { startApiListener } from './roles/api-listener.ts';
import { startHostListener } from './roles/host-listener.ts';
import { createArtifactStore } from './runs/artifact-store.ts';
import { createLogSegmentStore } from './runs/log-segment-store.ts';
import { createRunDispatcher } from './runs/run-dispatcher.ts';
import { createRunLogStore } from './runs/run-log-store.ts';
import { createRunReportStore } from './runs/run-report-store.ts';
import { createRunStore } from './runs/run-store.ts';
import { sweepRuns } from './runs/sweep-runs.ts';
import { openTemporalTarget } from './temporal/connect.ts';
import { createControlPlaneActivities } from './temporal/control-plane-activities.ts';
import { startEmbeddedServer } from './temporal/embedded-server.ts';
import { openGatewayUpstream } from './temporal/gateway-upstream.ts';
import { createPayloadReader } from './temporal/payload-reader.ts';
import { startWorkflowEngine } from './temporal/workflow-engine.ts';

export interface ControlPlane extends AsyncDisposable {
  publicUrl: string;
  /** How the admin that this start created comes in; undefined at every later start. */
  firstAdmin: FirstAdmin | undefined;
}

/**
 * Database, Temporal, workflow worker, gateway, host API and API in one process, wired together. `onFirstAdmin` hears how
 * the admin whom this start created comes in, or that there was nobody to create. When `signal` fires in the middle of the start, what
 * was opened is closed and this throws.
 */
export async function startControlPlane(
  config: ControlPlaneConfig,
  log: Logger = createLogger('control-plane', config.LOG_LEVEL),
  onFirstAdmin: (first: FirstAdmin | undefined, publicUrl: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<ControlPlane> {
  await using starting = new AsyncDisposableStack();
  const { DATA_DIR: dataDir } = config;
  const cli = loadCliDownload(config.CLI_FILE);
  openDataDir(dataDir, log);
  starting.use(lockDataDir(dataDir));
  const hostLifetimeMs = config.HOST_CERTIFICATE_DAYS * 24 * 60 * 60 * 1000;
  const url = config.DATABASE_URL ?? starting.use(await startEmbeddedPostgres({ dataDir, log, signal })).url;
  const { db, changes } = starting.use(await openDatabase({ url, log, signal }));
  const installation = await openInstallation(db, { dataDir, hasKeys: hasCertificateAuthority(dataDir) });
  const authority = await openCertificateAuthority(dataDir, { hostLifetimeMs });
  const caFingerprint = certificateFingerprint(authority.caCertificate);
  await installation.bind(caFingerprint);
  const apiKeyStore = createApiKeyStore(db);
  const accountKeyStore = createAccountKeyStore(db);
  const payloadKeys = createPayloadKeys(authority, accountKeyStore);
  const hostStore = createHostStore(db, changes);
  const jobStore = createJobStore(db);
  const runStore = createRunStore(db, changes);
  const objects = starting.use(
    await openObjectStore(config.OBJECT_STORE ?? pathToFileURL(join(resolve(dataDir), 'objects')).href),
  );
  const runLogStore = createRunLogStore(db, objects);
  const artifactStore = createArtifactStore(db, changes, objects);
  const runReportStore = createRunReportStore(db, changes, runLogStore);
  const lineageStore = createLineageStore(db);
  const lineagePartStore = createLineagePartStore(db, lineageStore);
  const neighbourhoodStore = createLineageNeighbourhoodStore(db);
  const userStore = createUserStore(db);
  const sessionStore = createSessionStore(db);
  const auditStore = createAuditStore(db);
  const auditLog = createAuditLog(auditStore, log);
  const tls =
    config.TLS_CERT_PATH && config.TLS_KEY_PATH
      ? { certificateFile: config.TLS_CERT_PATH, keyFile: config.TLS_KEY_PATH }
      : undefined;
  const publicUrl = config.PUBLIC_URL ?? `${tls ? 'https' : 'http'}://${textOf(config.API_LISTEN)}`;
  const firstAdmin = await createFirstAdmin({ userStore, apiKeyStore }, { email: config.ADMIN_EMAIL, publicUrl });
  // At once: what goes wrong further on must not take the only key along.
  onFirstAdmin(firstAdmin, publicUrl);

  const { TEMPORAL_CLI: temporalCli, TEMPORAL_PORT: port, TEMPORAL_NAMESPACE: namespace } = config;
  const embedded = config.TEMPORAL_ADDRESS
    ? undefined
    : starting.use(await startEmbeddedServer({ cli: temporalCli, dataDir, port, namespace, log, signal }));
  const temporal = starting.use(openTemporalTarget(config, log, { embedded: embedded?.address }));
  const engine = starting.use(
    await startWorkflowEngine({
      target: temporal,
      bundle: config.WORKFLOW_BUNDLE,
      activities: createControlPlaneActivities(runStore, log),
      dataConverter: createDataConverter(payloadKeys),
      log,
    }),
  );
  const dispatcher = createRunDispatcher({ runStore, starter: engine.starter, log });
  const sweep = { runStore, starter: engine.starter, dispatcher, changes, log };
  const leaseStore = createLeaseStore(db);
  starting.use(lead({ leaseStore, name: 'runs', log }, (signal) => sweepRuns(sweep, signal)));

  const house = {
    segmentStore: createLogSegmentStore(db, objects),
    retentionStore: createRetentionStore(db),
    deletionStore: createObjectDeletionStore(db),
    objects,
    keptDays: keptDaysOf(config),
    log,
  };
  starting.use(lead({ leaseStore, name: 'house', log }, (signal) => keepHouse(house, signal)));

  const caps = { inAll: config.MAX_CONNECTIONS, perAddress: config.MAX_CONNECTIONS_PER_ADDRESS };
  const limitsOf = (listener: string) => createConnectionLimits(listener, caps, log);
  const identity = createHostIdentity(hostStore);
  const sessions = starting.use(createHostSessions(changes, log));
  const oidc = oidcSettingsOf(config);
  const endpoints = {
    gatewayAddress: config.GATEWAY_ADDRESS ?? textOf(config.GATEWAY_LISTEN),
    hostApiUrl: config.HOST_API_URL ?? `https://${textOf(config.HOST_API_LISTEN)}`,
  };
  const hostAddresses = [
    { setting: 'PUBLIC_URL', value: publicUrl } as const,
    { setting: 'GATEWAY_ADDRESS', value: endpoints.gatewayAddress } as const,
    { setting: 'HOST_API_URL', value: endpoints.hostApiUrl } as const,
  ].map((address) => ({ ...address, isSet: config[address.setting] !== undefined }));
  const deps = {
    registrationKeyStore: createRegistrationKeyStore(db),
    hostSetup: hostSetupOf(hostAddresses, { caFingerprint, cli }),
    endpoints,
    temporalNamespace: namespace,
    singleSignOn: oidc && createSingleSignOn(oidc, publicUrl),
    subjectStore: createSubjectStore(db),
    payloadReader: createPayloadReader(payloadKeys),
    apiKeyStore,
    userStore,
    sessionStore,
    accountKeyStore,
    auditStore,
    auditLog,
    publicUrl,
    hostStore,
    jobStore,
    runStore,
    runLogStore,
    artifactStore,
    runReportStore,
    changes,
    authority,
    dispatcher,
    lineageStore,
    lineagePartStore,
    neighbourhoodStore,
    attemptLimits: createAttemptLimits(),
  };
  starting.use(
    await startWorkerGateway({
      listen: config.GATEWAY_LISTEN,
      limits: limitsOf('gateway'),
      authority,
      identity,
      sessions,
      upstream: starting.use(openGatewayUpstream(temporal)),
      namespace,
      log,
    }),
  );
  starting.use(
    await startHostListener(deps, {
      listen: config.HOST_API_LISTEN,
      limits: limitsOf('host API'),
      identity,
      sessions,
      log,
    }),
  );
  starting.use(
    await startApiListener(deps, {
      listen: config.API_LISTEN,
      limits: createConnectionLimits('API', caps, log, config.TRUSTED_PROXIES),
      tls,
      ...(config.TRUSTED_PROXIES ? { trustedProxies: config.TRUSTED_PROXIES } : {}),
      webRoot: config.WEB_ROOT,
      cli,
      temporalUiOrigin: config.TEMPORAL_UI_ORIGIN && new URL(config.TEMPORAL_UI_ORIGIN).origin,
      readiness: async () => ({
        database: await sql`select 1`.execute(db).then(
          () => true,
          () => false,
        ),
        temporal: await engine.readiness(),
      }),
      log,
    }),
  );
  signal?.throwIfAborted();
  log.info(
    { publicUrl, ...deps.endpoints, temporalAddress: temporal.address, caFingerprint },
    'control plane is ready',
  );
  const running = starting.move();
  return { publicUrl, firstAdmin, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function textOf([first]: ListenAddress[]): string {
  return first ? `${first.host.includes(':') ? `[${first.host}]` : first.host}:${first.port}` : '';
}
