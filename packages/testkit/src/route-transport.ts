import { type ApiTransport, AppError, type ErrorBody, isAppError, type Route } from '@bigeye/contracts';

/** What a route of the table is answered with, from input that its schemas took. `body` of a raw route is its bytes. */
export type RouteHandler = (input: { params: never; query: never; body: never }) => unknown;

type Request = Parameters<ApiTransport>[0];

/**
 * Answers as a server would that knows these routes, without one: whatever comes in is parsed by the contract, whatever
 * goes out too, so that neither caller nor handler can say what the other side would not understand.
 */
export function createRouteTransport<Name extends string>(
  routes: Record<Name, Route>,
  handlers: Partial<Record<Name, RouteHandler>>,
): ApiTransport {
  const table = (Object.keys(routes) as Name[]).map((name) => ({
    route: routes[name],
    handler: handlers[name],
    pattern: new RegExp(`^${routes[name].path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`),
  }));
  return async (request) => {
    try {
      const { pathname, searchParams } = new URL(request.url);
      const found = table.find(({ route, pattern }) => route.method === request.method && pattern.test(pathname));
      if (!found?.handler) throw new AppError('ROUTE_NOT_FOUND', { method: request.method, path: pathname });
      const { route, handler, pattern } = found;
      const named = Object.entries(pattern.exec(pathname)?.groups ?? {});
      const params = Object.fromEntries(named.map(([name, value]) => [name, decodeURIComponent(value)]));
      const input = parseInput(route, params, Object.fromEntries(searchParams), request.body);
      const answer = await handler(input as Parameters<RouteHandler>[0]);
      if (route.response === null) return { status: 204, text: '' };
      return { status: 200, text: JSON.stringify(route.response.parse(answer)) };
    } catch (error) {
      if (!isAppError(error)) throw error;
      return { status: error.httpStatus, text: JSON.stringify(bodyOf(error)) };
    }
  };
}

function parseInput(route: Route, params: unknown, query: unknown, sent: Request['body']) {
  const issues: { path: string; message: string }[] = [];
  const parse = (prefix: string[], schema: Route['body'], value: unknown) => {
    const parsed = schema?.safeParse(value);
    for (const { path, message } of parsed?.error?.issues ?? [])
      issues.push({ path: [...prefix, ...path].join('.') || 'body', message });
    return parsed?.data;
  };
  const input = {
    params: parse(['path'], route.params, params),
    query: parse(['query'], route.query, query),
    body: route.rawBodyLimit ? sent : parse([], route.body, typeof sent === 'string' ? JSON.parse(sent) : undefined),
  };
  if (issues.length > 0) throw new AppError('INVALID_INPUT', { issues });
  return input;
}

function bodyOf({ httpStatus, message, code, remedy, details }: AppError): ErrorBody {
  return { code: httpStatus, message, errorCode: code, remedy, details, requestId: 'fake' };
}
