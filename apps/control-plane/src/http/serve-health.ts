import type { Logger } from '@bigeye/service-kit';
import type { FastifyInstance } from 'fastify';
import type { ConnectionLimits } from './connection-limits.ts';
import { createServer } from './create-server.ts';
import type { ListenAddress } from './listen.ts';
import { closeListener, openListener } from './open-listener.ts';

/** Which parts answer, by name. */
export type Readiness = () => Promise<Record<string, boolean>>;

/** `/healthz`: the process answers. `/readyz`: so do the parts that it stands on. */
export function serveHealth(server: FastifyInstance, isReady: Readiness): void {
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const parts = await isReady();
    const ready = Object.values(parts).every(Boolean);
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...parts });
  });
}

/** Health alone, for a process that serves no API. */
export async function startHealthListener(
  addresses: ListenAddress[],
  { isReady, limits, log }: { isReady: Readiness; limits: ConnectionLimits; log: Logger },
): Promise<AsyncDisposable> {
  const server = createServer(log);
  serveHealth(server, isReady);
  await server.ready();
  const listeners = await Promise.all(addresses.map((address) => openListener(server.routing, address, { limits })));
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(listeners.map(closeListener));
      await server.close();
    },
  };
}
