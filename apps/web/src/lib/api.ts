import { type ApiTransport, createApiClient } from '@bigeye/contracts';
import { connectionFailed, connectionWorks } from './connection.ts';

/** A proxy answers these when the control plane behind it does not. */
const nobodyBehindProxy = new Set([502, 503, 504]);

const transport: ApiTransport = async ({ method, url, headers, body }) => {
  try {
    const reply = await fetch(url, { method, headers, body: body ?? null, credentials: 'same-origin' });
    const text = await reply.text();
    if (nobodyBehindProxy.has(reply.status) && !text.startsWith('{')) connectionFailed();
    else connectionWorks();
    return { status: reply.status, text };
  } catch (error) {
    connectionFailed();
    throw error;
  }
};

/** The control plane that this page came from; the session cookie says who asks. */
export const api = createApiClient({ baseUrl: globalThis.location?.origin ?? '', transport });
