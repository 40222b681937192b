import { apiRoutes } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import { createAuthenticate } from '../access/authenticate.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { watchForAudit } from '../audit/audit-requests.ts';
import type { CliDownload } from '../hosts/host-setup.ts';
import { registrationKeyKind } from '../hosts/registration-key-store.ts';
import { serveCli } from '../hosts/serve-cli.ts';
import type { CertificateFiles } from '../http/certificate-files.ts';
import type { ConnectionLimits } from '../http/connection-limits.ts';
import { createServer } from '../http/create-server.ts';
import { type ListenAddress, portOf } from '../http/listen.ts';
import { mountRoutes } from '../http/mount-routes.ts';
import { closeListener, openListener } from '../http/open-listener.ts';
import type { Readiness } from '../http/readiness.ts';
import { serveDocs } from '../http/serve-docs.ts';
import { serveHealth } from '../http/serve-health.ts';
import { serveWeb } from '../http/serve-web.ts';
import { createSyncBudget } from '../lineage/sync-budget.ts';
import { admitTemporalUi, isFromTemporalUi } from '../temporal/temporal-ui.ts';
import { type ApiDeps, createApiHandlers } from './api-handlers.ts';

export interface Listener extends AsyncDisposable {
  ports: number[];
}

export interface ApiListenerOptions {
  listen: ListenAddress[];
  limits: ConnectionLimits;
  tls?: CertificateFiles | undefined;
  trustedProxies?: string[];
  webRoot?: string | undefined;
  /** What hosts may download before they have any key. */
  cli?: CliDownload | undefined;
  /** Of Temporal's own UI, which may then use the codec endpoint. */
  temporalUiOrigin?: string | undefined;
  /** Of each part whether it answers, or what is wrong with it. */
  readiness: Readiness;
  log: Logger;
}

/** API, documentation, health and the web UI, on every address of `listen`. */
export async function startApiListener(
  deps: ApiDeps & { auditLog: AuditLog },
  options: ApiListenerOptions,
): Promise<Listener> {
  const { log, webRoot } = options;
  const server = createServer(log, { ...options, publicUrl: deps.publicUrl });
  serveDocs(server, deps.publicUrl);
  serveHealth(server, options.readiness);
  serveCli(server, options.cli);
  admitTemporalUi(server, options.temporalUiOrigin);
  const syncBudget = createSyncBudget();
  mountRoutes(server, apiRoutes, {
    handlers: createApiHandlers(deps),
    authenticate: createAuthenticate({
      ...deps,
      otherKeys: [registrationKeyKind(deps.registrationKeyStore)],
      mayComeFromElsewhere: (request) => isFromTemporalUi(request, options.temporalUiOrigin),
    }),
    watch: watchForAudit(deps.auditLog),
    admit: (_caller, request, reply) => syncBudget.enter(request, reply),
  });
  if (webRoot) await serveWeb(server, webRoot);
  await server.ready();

  const servers = await Promise.all(options.listen.map((address) => openListener(server.routing, address, options)));
  return {
    ports: servers.map(portOf),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map(closeListener));
      await server.close();
    },
  };
}
