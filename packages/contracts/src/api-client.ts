import type { z } from 'zod';
import { AppError, ErrorBody, isErrorCode } from './app-error.ts';
import { type Route, type RouteName, type Routes, routes } from './routes.ts';

type Part<Name extends RouteName, Key extends string> =
  Routes[Name] extends Record<Key, infer Schema extends z.ZodType>
    ? Record<never, never> extends z.input<Schema>
      ? { [K in Key]?: z.input<Schema> }
      : { [K in Key]: z.input<Schema> }
    : unknown;

/** What a caller of a route gives: its params, query, headers and body, as the schemas take them. */
export type CallInput<Name extends RouteName> = Part<Name, 'params'> &
  Part<Name, 'query'> &
  Part<Name, 'headers'> &
  Part<Name, 'body'> &
  (Routes[Name] extends { rawBodyLimit: number } ? { rawBody: Uint8Array<ArrayBuffer> } : unknown);

/** What a route answers. */
export type CallOutput<Name extends RouteName> = Routes[Name]['response'] extends z.ZodType
  ? z.output<Routes[Name]['response']>
  : undefined;

export interface ApiReply {
  status: number;
  text: string;
}

/** The one thing a runtime brings: sends a request and returns the whole answer. Throws when nobody answers. */
export type ApiTransport = (request: {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer> | undefined;
}) => Promise<ApiReply>;

export interface ApiClient {
  /** Calls a route of the table. Throws the AppError of the answer, or CONTROL_PLANE_UNREACHABLE. */
  call<Name extends RouteName>(name: Name, input?: CallInput<Name>): Promise<CallOutput<Name>>;
}

interface LooseInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  headers?: Record<string, string | undefined>;
  body?: unknown;
  rawBody?: Uint8Array<ArrayBuffer>;
}

/** `baseUrl` may end with a slash. `authorization`: the whole header, for example `apikey bigeye_pak_…`. */
export function createApiClient(options: {
  baseUrl: string;
  transport: ApiTransport;
  authorization?: string | undefined;
}): ApiClient {
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  return {
    call: async (name, given) => {
      const route: Route = routes[name];
      const input = (given ?? {}) as LooseInput;
      const url = baseUrl + fillPath(route.path, input.params) + queryString(input.query);
      const headers: Record<string, string> = { accept: route.contentType ?? 'application/json' };
      if (options.authorization) headers.authorization = options.authorization;
      for (const [name, value] of Object.entries(input.headers ?? {})) if (value !== undefined) headers[name] = value;
      if (input.body !== undefined) headers['content-type'] = 'application/json';
      if (input.rawBody) headers['content-type'] = 'application/octet-stream';
      const body = input.rawBody ?? (input.body === undefined ? undefined : JSON.stringify(input.body));
      const reply = await options.transport({ method: route.method, url, headers, body }).catch((cause: unknown) => {
        throw new AppError('CONTROL_PLANE_UNREACHABLE', { url: baseUrl, reason: reasonOf(cause) }, { cause });
      });
      if (reply.status >= 400) throw errorOf(reply, baseUrl);
      if (route.response === null) return undefined as never;
      return route.response.parse(route.contentType ? reply.text : parseJson(reply, baseUrl)) as never;
    },
  };
}

export function fillPath(path: string, params: Record<string, unknown> = {}): string {
  return path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(params[key])));
}

function queryString(query: Record<string, unknown> = {}): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`);
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

function errorOf(reply: ApiReply, baseUrl: string): AppError {
  const body = ErrorBody.safeParse(tryJson(reply.text));
  if (!body.success || !isErrorCode(body.data.errorCode))
    return new AppError('CONTROL_PLANE_ANSWER', { url: baseUrl, status: reply.status });
  const { errorCode, details, requestId } = body.data;
  return new AppError(errorCode, (details ?? {}) as never, { requestId });
}

function parseJson(reply: ApiReply, baseUrl: string): unknown {
  const value = tryJson(reply.text);
  if (value === undefined) throw new AppError('CONTROL_PLANE_ANSWER', { url: baseUrl, status: reply.status });
  return value;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Node hides why a connection failed in `cause.code`; browsers have only the message. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(error);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
