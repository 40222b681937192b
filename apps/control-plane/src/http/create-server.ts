import { randomUUID } from 'node:crypto';
import { AppError, type ErrorBody, isAppError } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance } from 'fastify';

/** A Fastify server with our error body, request ids and security headers. */
export function createServer(log: Logger): FastifyInstance {
  // Fastify tells of every request at the level info; that is for those who look for a fault.
  const level = log.level === 'debug' || log.level === 'trace' ? log.level : 'warn';
  const loggerInstance: FastifyBaseLogger = log.child({}, { level });
  const server = fastify({
    loggerInstance,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: true,
  });
  server.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toAppError(error);
    if (known.httpStatus >= 500)
      log.error(
        { err: error, requestId: request.id, method: request.method, path: request.routeOptions.url },
        'request failed',
      );
    reply.code(statusOf(error, known)).send(bodyOf(known, request.id));
  });
  server.setNotFoundHandler((request, reply) => {
    const error = new AppError('ROUTE_NOT_FOUND', { method: request.method, path: request.url.split('?')[0] ?? '' });
    reply.code(404).send(bodyOf(error, request.id));
  });
  server.addHook('onSend', async (_request, reply) => {
    reply.headers(securityHeaders);
  });
  return server;
}

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

/** Fastify's own refusals (bad JSON, too large) are the sender's to correct. */
function toAppError(error: FastifyError): AppError {
  if (isAppError(error)) return error;
  if (error.statusCode !== undefined && error.statusCode < 500)
    return new AppError('INVALID_INPUT', { issues: [{ path: 'body', message: error.message }] }, { cause: error });
  return new AppError('INTERNAL', {}, { cause: error });
}

function statusOf(error: FastifyError, known: AppError): number {
  return !isAppError(error) && error.statusCode !== undefined && error.statusCode < 500
    ? error.statusCode
    : known.httpStatus;
}

function bodyOf(error: AppError, requestId: string): ErrorBody {
  const { httpStatus: code, message, code: errorCode, remedy, details } = error;
  return { code, message, errorCode, remedy, details, requestId };
}
