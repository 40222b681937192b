import { AppError, type ErrorCode, type Route, type RouteName } from '@bigeye/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type Caller, requireAccess } from './caller.ts';
import type { Handlers } from './handlers.ts';
import type { RequestNote, RequestWatch } from './request-watch.ts';
import { toAppError } from './to-app-error.ts';

interface LooseInput {
  params: unknown;
  query: unknown;
  headers: unknown;
  body: unknown;
  caller: Caller | undefined;
  isStillAllowed: () => Promise<boolean>;
  note: RequestNote;
  request: FastifyRequest;
  reply: FastifyReply;
}
type LooseHandler = (input: LooseInput) => unknown;

export interface MountOptions<Names extends RouteName> {
  handlers: Handlers<Names>;
  authenticate: (request: FastifyRequest) => Promise<Caller | undefined>;
  watch: RequestWatch;
  /** Asked when access is clear and before the body is read; throws to refuse. */
  admit?: (caller: Caller | undefined, request: FastifyRequest, reply: FastifyReply) => void;
}

const jsonBodyLimit = 1024 * 1024;

/** Puts each row of the table on the server: access first, then the input, then the handler; `watch` sees all of it. */
export function mountRoutes<Names extends RouteName>(
  server: FastifyInstance,
  table: Record<Names, Route>,
  { handlers, authenticate, watch, admit }: MountOptions<Names>,
): void {
  for (const [name, route] of Object.entries(table) as [Names, Route][]) {
    const handler = handlers[name] as LooseHandler;
    server.route({
      method: route.method,
      url: route.path,
      config: { errorPage: route.errorPage },
      bodyLimit: route.rawBodyLimit ?? route.bodyLimit ?? jsonBodyLimit,
      // Before the body is read: who may not call gets no chance to send much.
      onRequest: async (request, reply) => {
        const caller = await authenticate(request);
        callers.set(request, caller);
        try {
          requireAccess(route.access, caller);
        } catch (error) {
          const nothing = { note: { details: {} }, body: undefined };
          if (caller) await watch.refused({ name, route, request, caller, ...nothing, ...resultOf(error) });
          throw error;
        }
        admit?.(caller, request, reply);
      },
      handler: async (request, reply) => {
        const caller = callers.get(request);
        const note: RequestNote = { details: {} };
        const isStillAllowed = () => mayStillCall(route, () => authenticate(request));
        const call = { name, route, request, caller, note };
        let body: unknown;
        let answer: unknown;
        await watch.before(route);
        try {
          const input = parseInput(route, request);
          body = input.body;
          answer = await handler({ ...input, caller, isStillAllowed, note, request, reply });
        } catch (error) {
          await watch.after({ ...call, body, ...resultOf(error) });
          throw error;
        }
        const status = route.response === null ? 204 : 200;
        await watch.after({ ...call, body, answer, status });
        // Hijacked by a handler that streams.
        if (reply.sent) return reply;
        if (route.redirects) return reply.redirect(String(answer), 303);
        if (route.response === null) return reply.code(204).send();
        if (route.contentType) return reply.type(route.contentType).send(answer);
        return reply.send(answer);
      },
    });
  }
}

const callers = new WeakMap<FastifyRequest, Caller | undefined>();

/** For answers that go on: a key may have been deleted meanwhile, a session may have ended. */
async function mayStillCall(route: Route, authenticate: () => Promise<Caller | undefined>): Promise<boolean> {
  try {
    requireAccess(route.access, await authenticate());
    return true;
  } catch {
    return false;
  }
}

interface Issue {
  path: string;
  message: string;
}

/** Throws INVALID_INPUT with every fault at once. */
function parseInput(route: Route, request: FastifyRequest): Pick<LooseInput, 'params' | 'query' | 'headers' | 'body'> {
  const issues: Issue[] = [];
  const input = {
    params: parsePart('path', route.params, request.params, issues),
    query: parsePart('query', route.query, request.query, issues),
    headers: parsePart('header', route.headers, request.headers, issues),
    body: route.rawBodyLimit ? rawBodyOf(request, issues) : parsePart('body', route.body, request.body, issues),
  };
  if (issues.length > 0) throw new AppError('INVALID_INPUT', { issues });
  return input;
}

/** Bytes as they came; none where nothing was sent, which is an empty file. Another type was read as what it says it is. */
function rawBodyOf({ body, headers }: FastifyRequest, issues: Issue[]): unknown {
  if (body instanceof Uint8Array) return body;
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
  if (!isEmpty) issues.push({ path: 'body', message: 'must be sent as application/octet-stream' });
  return new Uint8Array();
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

/** The result of a request that threw. */
function resultOf(error: unknown): { status: number; errorCode: ErrorCode } {
  const { httpStatus: status, code: errorCode } = toAppError(error);
  return { status, errorCode };
}
