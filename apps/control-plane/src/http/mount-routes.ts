import { AppError, type Route, type RouteName } from '@bigeye/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type Caller, requireAccess } from '../auth/caller.ts';
import type { Handlers } from './handlers.ts';

type LooseHandler = (input: {
  params: unknown;
  query: unknown;
  body: unknown;
  caller: Caller | undefined;
  request: FastifyRequest;
  reply: FastifyReply;
}) => unknown;

const jsonBodyLimit = 1024 * 1024;

/** Puts each row of the table on the server: access first, then the input, then the handler. */
export function mountRoutes<Names extends RouteName>(
  server: FastifyInstance,
  table: Record<Names, Route>,
  handlers: Handlers<Names>,
  authenticate: (request: FastifyRequest) => Promise<Caller | undefined>,
): void {
  for (const [name, route] of Object.entries(table) as [Names, Route][]) {
    const handler = handlers[name] as LooseHandler;
    server.route({
      method: route.method,
      url: route.path,
      bodyLimit: route.rawBodyLimit ?? route.bodyLimit ?? jsonBodyLimit,
      // Before the body is read: who may not call gets no chance to send much.
      onRequest: async (request) => {
        const caller = await authenticate(request);
        requireAccess(route.access, caller);
        callers.set(request, caller);
      },
      handler: async (request, reply) => {
        const issues: Issue[] = [];
        const input = {
          params: parsePart('path', route.params, request.params, issues),
          query: parsePart('query', route.query, request.query, issues),
          body: route.rawBodyLimit ? request.body : parsePart('body', route.body, request.body, issues),
          caller: callers.get(request),
          request,
          reply,
        };
        if (issues.length > 0) throw new AppError('INVALID_INPUT', { issues });
        const answer = await handler(input);
        // Hijacked by a handler that streams.
        if (reply.sent) return reply;
        if (route.response === null) return reply.code(204).send();
        if (route.contentType) return reply.type(route.contentType).send(answer);
        return reply.send(answer);
      },
    });
  }
}

const callers = new WeakMap<FastifyRequest, Caller | undefined>();

interface Issue {
  path: string;
  message: string;
}

function parsePart(part: string, schema: z.ZodType | undefined, value: unknown, issues: Issue[]): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Forms find their field by this path, so a body's field stands for itself.
  for (const { path, message } of parsed.error.issues)
    issues.push({ path: part === 'body' ? path.join('.') || 'body' : [part, ...path].join('.'), message });
  return undefined;
}
