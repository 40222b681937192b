import { AppError, type HostId, hostLimits } from '@bigeye/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What each host has under way at the host API, so that one host cannot fill the memory with bodies. */
export function createHostBudget(): { enter(hostId: HostId, request: FastifyRequest, reply: FastifyReply): void } {
  const hosts = new Map<HostId, { calls: number; bytes: number }>();
  return {
    /** Until the answer is out. Throws HOST_LIMIT_REACHED. */
    enter: (hostId, request, reply) => {
      const now = hosts.get(hostId) ?? { calls: 0, bytes: 0 };
      const announced = Number(request.headers['content-length']);
      // Without a length it may be as long as the route takes.
      const mayBe = request.headers['transfer-encoding'] ? (request.routeOptions.bodyLimit ?? 0) : 0;
      const bytes = Number.isFinite(announced) ? announced : mayBe;
      if (now.calls >= hostLimits.callsUnderWay)
        throw new AppError('HOST_LIMIT_REACHED', { hostId, limit: `${hostLimits.callsUnderWay} calls at once` });
      if (now.calls > 0 && now.bytes + bytes > hostLimits.bodyBytesUnderWay)
        throw new AppError('HOST_LIMIT_REACHED', {
          hostId,
          limit: `${hostLimits.bodyBytesUnderWay / 1024 / 1024} MiB under way at once`,
        });
      hosts.set(hostId, now);
      now.calls += 1;
      now.bytes += bytes;
      reply.raw.once('close', () => {
        now.calls -= 1;
        now.bytes -= bytes;
        if (now.calls === 0) hosts.delete(hostId);
      });
    },
  };
}
