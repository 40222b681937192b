import { randomUUID } from 'node:crypto';
import { AppError, type ErrorBody, isAppError } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { rememberPublicUrl } from './secure-channel.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { toAppError } from './to-app-error.ts';
import { withoutSecrets } from './without-secrets.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** From the routes table. */
    errorPage?: string | undefined;
  }
}

/** A Fastify server with our error body, request ids and security headers. `trustedProxies`: whose word on the client counts. */
export function createServer(
  log: Logger,
  options: { trustedProxies?: string[]; publicUrl?: string } = {},
): FastifyInstance {
  // Fastify tells of every request at the level info; that is for those who look for a fault.
  const level = log.level === 'debug' || log.level === 'trace' ? log.level : 'warn';
  const loggerInstance: FastifyBaseLogger = log.child({}, { level, serializers: { req: describeRequest } });
  const server = fastify({
    loggerInstance,
    genReqId: () => randomUUID(),
    trustProxy: options.trustedProxies?.length ? options.trustedProxies : false,
    routerOptions: { maxParamLength: 512 },
    forceCloseConnections: true,
    // What the router cannot read (a lone % in the path) passes by all hooks and the error handler.
    frameworkErrors: (_error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      addSecurityHeaders(request, reply);
      const fault = new AppError('INVALID_INPUT', {
        issues: [{ path: 'path', message: 'not a path that can be read' }],
      });
      return reply.code(400).send(bodyOf(fault, request.id));
    },
  });
  rememberPublicUrl(server, options.publicUrl);
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
    const { errorPage } = request.routeOptions.config;
    if (errorPage) return reply.redirect(`${errorPage}?${errorQueryOf(known)}`, 303);
    if (isAppError(known, 'TOO_MANY_ATTEMPTS')) reply.header('retry-after', known.details.retryAfterSeconds);
    return reply.code(statusOf(error, known)).send(bodyOf(known, request.id));
  });
  server.setNotFoundHandler((request, reply) => {
    const error = new AppError('ROUTE_NOT_FOUND', { method: request.method, path: pathOf(request) });
    reply.code(404).send(bodyOf(error, request.id));
  });
  // Node would refuse it in its own words.
  server.addHook('onRequest', async ({ raw }) => {
    if (raw.httpVersion === '1.1' && raw.headers.host === undefined)
      throw new AppError('INVALID_INPUT', { issues: [{ path: 'headers', message: 'no Host' }] });
  });
  server.addHook('onSend', async (request, reply) => addSecurityHeaders(request, reply));
  return server;
}

/** Without the query: what people put there by mistake are keys. */
const pathOf = ({ url }: { url: string }): string => withoutSecrets(url.split('?')[0] ?? '');

const describeRequest = (request: FastifyRequest) => ({
  method: request.method,
  path: pathOf(request),
  remoteAddress: request.ip,
});

/** The code and a number, no sentences: anybody can make a link to that page. */
function errorQueryOf(error: AppError): string {
  const query = new URLSearchParams({ error: error.code });
  if (isAppError(error, 'TOO_MANY_ATTEMPTS')) query.set('retryAfterSeconds', String(error.details.retryAfterSeconds));
  return query.toString();
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
