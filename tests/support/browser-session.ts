import { type ApiClient, type ApiTransport, createApiClient } from '@bigeye/contracts';

/** An API client that keeps the session cookie, as a browser does. `requests`: headers to send beside it. */
export function createBrowserSession(baseUrl: string, headers: Record<string, string> = {}): BrowserSession {
  let cookie = '';
  const transport: ApiTransport = async (request) => {
    const reply = await fetch(request.url, {
      method: request.method,
      headers: { ...request.headers, ...headers, ...(cookie ? { cookie } : {}) },
      body: request.body ?? null,
    });
    const given = reply.headers.get('set-cookie');
    if (given) cookie = given.split(';')[0] ?? '';
    return { status: reply.status, text: await reply.text() };
  };
  return { ...createApiClient({ baseUrl, transport }), cookie: () => cookie };
}

export interface BrowserSession extends ApiClient {
  cookie(): string;
}
