import { type ApiTransport, createApiClient, visibleJson } from '@bigeye/contracts';
import { connectionFailed, connectionWorks } from './connection.ts';

/** A proxy answers these when the control plane behind it does not. */
const nobodyBehindProxy = new Set([502, 503, 504]);

/** The log's own reader understands these. */
const leftToTheLog = '\u001b\u0007\r\b';

/** Whatever comes from elsewhere to be shown: no character in it may change what others look like. */
export const shown = (json: string): string => visibleJson(json, leftToTheLog);

const transport: ApiTransport = async ({ method, url, headers, body }) => {
  try {
    const reply = await fetch(url, { method, headers, body: body ?? null, credentials: 'same-origin' });
    const text = await reply.text();
    if (nobodyBehindProxy.has(reply.status) && !text.startsWith('{')) connectionFailed();
    else connectionWorks();
    return { status: reply.status, text: shown(text) };
  } catch (error) {
    connectionFailed();
    throw error;
  }
};

/** The control plane that this page came from; the session cookie says who asks. */
export const api = createApiClient({ baseUrl: globalThis.location?.origin ?? '', transport });
