import { existsSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join, resolve } from 'node:path';
import { apiRoutes } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import fastifyStatic from '@fastify/static';
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { ListenAddress } from '../config.ts';
import { type ApiDeps, createApiHandlers } from './api-handlers.ts';
import { createAuthenticate } from './authenticate.ts';
import { createServer } from './create-server.ts';
import { keepAlive, listen, portOf } from './listen.ts';
import { mountRoutes } from './mount-routes.ts';
import { createOpenApi } from './openapi.ts';

export interface Listener extends AsyncDisposable {
  ports: number[];
}

export interface ApiListenerOptions {
  listen: ListenAddress[];
  tls?: { certificateFile: string; keyFile: string } | undefined;
  publicUrl: string;
  webRoot?: string | undefined;
  isReady: () => Promise<Record<string, boolean>>;
  log: Logger;
}

/** API, documentation, health and the web UI, on every address of `listen`. */
export async function startApiListener(deps: ApiDeps, options: ApiListenerOptions): Promise<Listener> {
  const { log, webRoot } = options;
  const server = createServer(log);
  const document = createOpenApi(options.publicUrl);
  await server.register(fastifySwagger, { mode: 'static', specification: { document: document as never } });
  await server.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true });
  server.get('/openapi.json', () => document);
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const parts = await options.isReady();
    const ready = Object.values(parts).every(Boolean);
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...parts });
  });
  mountRoutes(server, apiRoutes, createApiHandlers(deps), createAuthenticate(deps.accessStore));
  if (webRoot && existsSync(join(webRoot, 'index.html'))) await serveWeb(server, webRoot);
  await server.ready();

  const servers = await Promise.all(options.listen.map((address) => listenOn(server.routing, address, options.tls)));
  return {
    ports: servers.map(portOf),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map(closeServer));
      await server.close();
    },
  };
}

const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/** Built files under /assets, named by their content; any other page address is the app's, which knows its own routes. */
async function serveWeb(server: ReturnType<typeof createServer>, webRoot: string): Promise<void> {
  await server.register(fastifyStatic, { root: resolve(webRoot), serve: false });
  server.get('/*', (request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    if (path.startsWith('/api/')) return reply.callNotFound();
    if (path.startsWith('/assets/')) return reply.sendFile(path.slice(1), { maxAge: '1y', immutable: true });
    return reply
      .header('content-security-policy', contentSecurityPolicy)
      .sendFile('index.html', { cacheControl: false })
      .header('cache-control', 'no-cache');
  });
}

async function listenOn(
  handle: RequestListener,
  address: ListenAddress,
  tls: ApiListenerOptions['tls'],
): Promise<Server> {
  const server = tls
    ? createHttpsServer(
        {
          cert: readFileSync(tls.certificateFile),
          key: readFileSync(tls.keyFile),
          minVersion: 'TLSv1.2',
          ...keepAlive,
        },
        handle,
      )
    : createHttpServer(keepAlive, handle);
  await listen(server, address);
  return server;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
