import type { Logger } from '@bigeye/service-kit';
import type { FastifyInstance } from 'fastify';
import type { ConnectionLimits } from './connection-limits.ts';
import { createServer } from './create-server.ts';
import type { ListenAddress } from './listen.ts';
import { closeListener, openListener } from './open-listener.ts';
import type { Readiness } from './readiness.ts';

/** `/healthz`: the process answers. `/readyz`: so do the parts that it stands on. */
export function serveHealth(server: FastifyInstance, readiness: Readiness): void {
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const found = Object.entries(await readiness());
    const parts = Object.fromEntries(found.map(([name, answer]) => [name, answer === true]));
    const ready = Object.values(parts).every(Boolean);
    // Anybody may ask, so no message: it may name addresses of the inside. The log has it.
    const problems = found.flatMap(([, answer]) =>
      typeof answer === 'boolean' ? [] : [{ code: answer.code, remedy: answer.remedy }],
    );
    const why = problems.length > 0 ? { problems } : {};
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...parts, ...why });
  });
}

/** Health alone, for a process that serves no API. */
export async function startHealthListener(
  addresses: ListenAddress[],
  { readiness, limits, log }: { readiness: Readiness; limits: ConnectionLimits; log: Logger },
): Promise<AsyncDisposable> {
  const server = createServer(log);
  serveHealth(server, readiness);
  await server.ready();
  const listeners = await Promise.all(
    addresses.map((address) => openListener(server.routing, address, { limits, log })),
  );
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(listeners.map(closeListener));
      await server.close();
    },
  };
}
