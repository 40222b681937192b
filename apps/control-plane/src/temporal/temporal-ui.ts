import { apiRoutes } from '@bigeye/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const { path } = apiRoutes.decodePayloads;

/** Whether Temporal's own UI, at its one origin, asks for the one thing that it may ask for: to read sealed messages. */
export const isFromTemporalUi = (request: FastifyRequest, origin: string | undefined): boolean =>
  origin !== undefined && request.headers.origin === origin && request.url.split('?')[0] === path;

/** Answers the browser's question whether a page of that origin may call the codec endpoint (CORS), and lets it read. */
export function admitTemporalUi(server: FastifyInstance, origin: string | undefined): void {
  server.addHook('onRequest', async (request, reply) => {
    if (!isFromTemporalUi(request, origin)) return;
    reply.header('access-control-allow-origin', origin);
    reply.header('access-control-allow-credentials', 'true');
    reply.header('vary', 'origin');
    if (request.method !== 'OPTIONS') return;
    reply.header('access-control-allow-methods', 'POST');
    reply.header('access-control-allow-headers', 'authorization, content-type, x-namespace');
    return reply.code(204).send();
  });
}
