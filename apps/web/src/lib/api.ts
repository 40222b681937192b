import { type ApiReply, type ApiTransport, createApiClient, visibleJson } from '@bigeye/contracts';
import { readGate } from './outage.ts';

/** What a proxy answers when nobody stands behind it, and what a control plane answers that cannot work. */
const nobodyAnswers = new Set([502, 503, 504]);

/** A read that took longer than this will not be answered any more. */
const readTimeoutMs = 30_000;

/** The log's own reader understands these. */
const leftToTheLog = '\u001b\u0007\r\b';

/** Whatever comes from elsewhere to be shown: no character in it may change what others look like. */
export const shown = (json: string): string => visibleJson(json, leftToTheLog);

const transport: ApiTransport = async ({ method, url, headers, body }) => {
  const send = async (signal?: AbortSignal): Promise<ApiReply> => {
    const init = { method, headers, body: body ?? null, credentials: 'same-origin', signal: signal ?? null } as const;
    const reply = await fetch(url, init);
    return { status: reply.status, text: shown(await reply.text()) };
  };
  if (method === 'GET') return read(() => send(AbortSignal.timeout(readTimeoutMs)));
  // What somebody asked for by a click is sent at once, and tells at once what came of it.
  const reply = await send();
  if (!nobodyAnswers.has(reply.status)) readGate.answered();
  return reply;
};

async function read(send: () => Promise<ApiReply>): Promise<ApiReply> {
  const turn = await readGate.enter();
  try {
    const reply = await send();
    if (nobodyAnswers.has(reply.status)) turn.failed();
    else turn.answered();
    return reply;
  } catch (error) {
    turn.failed();
    throw error;
  }
}

/** The control plane that this page came from; the session cookie says who asks. */
export const api = createApiClient({ baseUrl: globalThis.location?.origin ?? '', transport });
