import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join, resolve } from 'node:path';
import { apiRoutes, cliDownloadPath } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import fastifyStatic from '@fastify/static';
import { createAuthenticate } from '../access/authenticate.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { ListenAddress } from '../config.ts';
import type { CliDownload } from '../hosts/host-setup.ts';
import { answerClientError, answerExpectation } from '../http/client-error.ts';
import { type ConnectionLimits, handshakeTimeout } from '../http/connection-limits.ts';
import { createServer } from '../http/create-server.ts';
import { type OpenApiDocument, renderDocs } from '../http/docs/docs-page.ts';
import { listen, portOf, serverOptions, setIdleLimit } from '../http/listen.ts';
import { mountRoutes } from '../http/mount-routes.ts';
import { createOpenApi } from '../http/openapi.ts';
import { docsPolicy, pagePolicyOf } from '../http/security-headers.ts';
import { createSyncBudget } from '../lineage/sync-budget.ts';
import { admitTemporalUi } from '../temporal/temporal-ui.ts';
import { type ApiDeps, createApiHandlers } from './api-handlers.ts';

export interface Listener extends AsyncDisposable {
  ports: number[];
}

export interface ApiListenerOptions {
  listen: ListenAddress[];
  limits: ConnectionLimits;
  tls?: { certificateFile: string; keyFile: string } | undefined;
  trustedProxies?: string[];
  webRoot?: string | undefined;
  /** What hosts may download before they have any key. */
  cli?: CliDownload | undefined;
  /** Of Temporal's own UI, which may then use the codec endpoint. */
  temporalUiOrigin?: string | undefined;
  isReady: () => Promise<Record<string, boolean>>;
  log: Logger;
}

/** API, documentation, health and the web UI, on every address of `listen`. */
export async function startApiListener(
  deps: ApiDeps & { auditLog: AuditLog },
  options: ApiListenerOptions,
): Promise<Listener> {
  const { log, webRoot } = options;
  const server = createServer(log, { ...options, publicUrl: deps.publicUrl });
  const document = createOpenApi(deps.publicUrl);
  serveDocs(server, document);
  server.get('/openapi.json', () => document);
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const parts = await options.isReady();
    const ready = Object.values(parts).every(Boolean);
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...parts });
  });
  serveCli(server, options.cli);
  admitTemporalUi(server, options.temporalUiOrigin);
  const syncBudget = createSyncBudget();
  mountRoutes(server, apiRoutes, {
    handlers: createApiHandlers(deps),
    authenticate: createAuthenticate({ ...deps, temporalUiOrigin: options.temporalUiOrigin }),
    auditLog: deps.auditLog,
    admit: (_caller, request, reply) => syncBudget.enter(request, reply),
  });
  if (webRoot && existsSync(join(webRoot, 'index.html'))) await serveWeb(server, webRoot);
  await server.ready();

  const servers = await Promise.all(options.listen.map((address) => listenOn(server.routing, address, options)));
  return {
    ports: servers.map(portOf),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map(closeServer));
      await server.close();
    },
  };
}

function serveDocs(server: ReturnType<typeof createServer>, document: Record<string, unknown>): void {
  const page = renderDocs(document as unknown as OpenApiDocument);
  const style = readFileSync(join(import.meta.dirname, 'docs/style.css'), 'utf8');
  server.get('/docs', (_request, reply) =>
    reply.header('content-security-policy', docsPolicy).type('text/html; charset=utf-8').send(page),
  );
  server.get('/docs/', (_request, reply) => reply.redirect('/docs', 308));
  server.get('/docs/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(style));
}

function serveCli(server: ReturnType<typeof createServer>, cli: CliDownload | undefined): void {
  server.get(cliDownloadPath, (_request, reply) => {
    if (!cli) return reply.callNotFound();
    const [name = ''] = cliDownloadPath.split('/').slice(-1);
    return reply
      .header('content-disposition', `attachment; filename="${name}"`)
      .header('cache-control', 'no-cache')
      .header('etag', `"${cli.sha256}"`)
      .type('application/octet-stream')
      .send(cli.content);
  });
}

/** As the build leaves it in the page, for a new value at each answer. */
const noncePlaceholder = 'CSP_NONCE';

/**
 * Built files under /assets, named by their content, in the form the browser takes (the build has made all three); any other page address is the app's, which knows its
 * own routes.
 */
async function serveWeb(server: ReturnType<typeof createServer>, webRoot: string): Promise<void> {
  await server.register(fastifyStatic, { root: resolve(webRoot), serve: false, preCompressed: true });
  const page = readFileSync(join(webRoot, 'index.html'), 'utf8');
  server.get('/*', (request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    if (path.startsWith('/api/')) return reply.callNotFound();
    if (path.startsWith('/assets/')) return reply.sendFile(path.slice(1), { maxAge: '1y', immutable: true });
    const nonce = randomBytes(16).toString('base64');
    return reply
      .header('content-security-policy', pagePolicyOf(nonce))
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(page.replaceAll(noncePlaceholder, nonce));
  });
}

async function listenOn(
  handle: RequestListener,
  address: ListenAddress,
  { tls, limits }: ApiListenerOptions,
): Promise<Server> {
  const server = tls
    ? createHttpsServer(
        {
          cert: readFileSync(tls.certificateFile),
          key: readFileSync(tls.keyFile),
          minVersion: 'TLSv1.2',
          ...serverOptions,
          handshakeTimeout,
        },
        handle,
      )
    : createHttpServer(serverOptions, handle);
  setIdleLimit(server);
  limits.guard(server);
  server.on('clientError', answerClientError).on('checkExpectation', answerExpectation);
  await listen(server, address);
  return server;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
