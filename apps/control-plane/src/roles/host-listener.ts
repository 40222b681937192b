import { createServer as createHttpsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { hostListenerRoutes } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import type { AuditLog } from '../audit/audit-log.ts';
import { watchForAudit } from '../audit/audit-requests.ts';
import { createHostBudget } from '../hosts/host-budget.ts';
import type { HostIdentity } from '../hosts/host-identity.ts';
import type { HostSessions } from '../hosts/host-sessions.ts';
import { createOwnHostHandlers, type OwnHostDeps } from '../hosts/own-host-handlers.ts';
import { requireHost } from '../http/caller.ts';
import { answerClientError, answerExpectation } from '../http/client-error.ts';
import { type ConnectionLimits, handshakeTimeout } from '../http/connection-limits.ts';
import { createServer } from '../http/create-server.ts';
import { type ListenAddress, listen, portOf, serverOptions, setIdleLimit } from '../http/listen.ts';
import { mountRoutes } from '../http/mount-routes.ts';
import { createReportHandlers, type ReportDeps } from '../runs/report-handlers.ts';

const answerMs = 500;

/** The host API: TLS 1.3, and a client certificate of our CA or no connection at all. */
export async function startHostListener(
  deps: OwnHostDeps & ReportDeps & { auditLog: AuditLog },
  options: {
    listen: ListenAddress[];
    limits: ConnectionLimits;
    identity: HostIdentity;
    sessions: HostSessions;
    log: Logger;
  },
): Promise<{ ports: number[] } & AsyncDisposable> {
  const { authority } = deps;
  const server = createServer(options.log);
  const budget = createHostBudget();
  mountRoutes(server, hostListenerRoutes, {
    handlers: { ...createOwnHostHandlers(deps), ...createReportHandlers(deps) },
    authenticate: async (request) => {
      const certificate = (request.raw.socket as TLSSocket).getPeerCertificate();
      return { kind: 'host', ...(await options.identity.identify(certificate?.raw)) };
    },
    watch: watchForAudit(deps.auditLog),
    admit: (caller, request, reply) => budget.enter(requireHost(caller), request, reply),
  });
  await server.ready();
  const servers = await Promise.all(
    options.listen.map(async (address) => {
      const listener = createHttpsServer(
        { ...authority.mutualTls, ...serverOptions, handshakeTimeout },
        server.routing,
      );
      setIdleLimit(listener);
      options.limits.guard(listener);
      // A host that takes itself out is still told so.
      listener.on('secureConnection', (socket) =>
        options.sessions.track(socket, { listener: 'hostApi', graceMs: answerMs }),
      );
      listener.on('clientError', answerClientError).on('checkExpectation', answerExpectation);
      await listen(listener, address);
      return listener;
    }),
  );
  return {
    ports: servers.map(portOf),
    [Symbol.asyncDispose]: async () => {
      for (const listener of servers) {
        listener.close();
        listener.closeAllConnections();
      }
      await server.close();
    },
  };
}
