import { AppError } from '@bigeye/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Bodies above this are a large sync; a few may be held at once, whoever sends them. */
const largeBytes = 4 * 1024 * 1024;
const atOnce = 2;
/** How long a large sync takes; the agent waits for it. */
const aboutSeconds = 30;

/** Large bodies of the API that are under way: each is held whole, and the memory is everybody's. */
export function createSyncBudget(): { enter(request: FastifyRequest, reply: FastifyReply): void } {
  let underWay = 0;
  return {
    /** Until the answer is out. Throws LINEAGE_SYNC_UNDER_WAY. */
    enter: (request, reply) => {
      const announced = Number(request.headers['content-length'] ?? Number.NaN);
      const mayBe = request.headers['transfer-encoding'] === undefined ? 0 : (request.routeOptions.bodyLimit ?? 0);
      if ((Number.isNaN(announced) ? mayBe : announced) <= largeBytes) return;
      if (underWay >= atOnce) {
        reply.header('retry-after', aboutSeconds);
        throw new AppError('LINEAGE_SYNC_UNDER_WAY', {});
      }
      underWay++;
      reply.raw.once('close', () => {
        underWay--;
      });
    },
  };
}
