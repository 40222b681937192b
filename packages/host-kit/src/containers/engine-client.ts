import { Agent, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { EngineAway } from './container-runner.ts';

export interface EngineCall {
  method: 'GET' | 'POST' | 'DELETE';
  /** Without a version prefix: the engine, or the guard before it, chooses the version. */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Longest silence, in ms. Undefined: for ever, as for a wait. */
  timeoutMs?: number | undefined;
}

/** An answer of the engine other than 2xx. */
export class EngineRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'EngineRefusal';
    this.status = status;
  }
}

export interface EngineClient {
  /** The whole answer as JSON, or undefined where there is none. Throws EngineRefusal or EngineAway. */
  json(call: EngineCall): Promise<unknown>;
  /** The headers of an answer with status 2xx. */
  headers(call: EngineCall): Promise<IncomingHttpHeaders>;
  /** The answer as it comes; throws EngineAway when it is cut off before its end. */
  stream(call: EngineCall): AsyncIterable<Buffer>;
}

/**
 * Speaks HTTP to an engine: `unix:///path` or `tcp://host:port`. Small on purpose: a request is exactly what is written
 * here, and an answer that breaks off is an error (a killed engine answers a wait with 200 and an empty, cut-off body).
 */
export function createEngineClient(endpoint: string): EngineClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const target = targetOf(endpoint);

  const open = async (call: EngineCall): Promise<IncomingMessage> => {
    try {
      return await send(call);
    } catch (error) {
      // The engine may close an idle connection just when it is used again; nothing was read of the request then.
      if (error instanceof StaleConnection) return await send(call).catch(rethrowAsAway);
      throw error;
    }
  };

  const send = (call: EngineCall) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const query = new URLSearchParams(call.query).toString();
      const text = call.body === undefined ? undefined : JSON.stringify(call.body);
      const options: RequestOptions = {
        ...target,
        agent,
        method: call.method,
        path: query ? `${call.path}?${query}` : call.path,
        headers:
          text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) },
        ...(call.signal ? { signal: call.signal } : {}),
      };
      const sent = request(options, resolve);
      sent.on('error', (error: NodeJS.ErrnoException) => {
        const stale = sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        reject(stale ? new StaleConnection() : call.signal?.aborted ? call.signal.reason : awayBecause(error));
      });
      if (call.timeoutMs !== undefined)
        sent.setTimeout(call.timeoutMs, () => sent.destroy(new Error(`silent for ${call.timeoutMs} ms`)));
      sent.end(text);
    });

  const openGood = async (call: EngineCall): Promise<IncomingMessage> => {
    const response = await open(call);
    const status = response.statusCode ?? 0;
    if (status < 300) return response;
    // The guard answers so when the engine behind it is away, or when it has as many requests as it takes at once.
    if (status >= 502 || status === 429) {
      response.destroy();
      throw new EngineAway(`HTTP ${status}`);
    }
    throw await refusalOf(response).catch(awayBecause);
  };

  async function* stream(call: EngineCall): AsyncIterable<Buffer> {
    const response = await openGood(call);
    try {
      for await (const chunk of response) yield chunk as Buffer;
      if (!response.complete) throw new EngineAway('the answer was cut off');
    } catch (error) {
      throw call.signal?.aborted ? call.signal.reason : awayBecause(error);
    } finally {
      if (!response.complete) response.destroy();
    }
  }

  return {
    stream,
    headers: async (call) => {
      const response = await openGood(call);
      response.resume();
      return response.headers;
    },
    json: async (call) => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream({ timeoutMs: 60_000, ...call })) chunks.push(chunk);
      return parseBody(Buffer.concat(chunks).toString('utf8'));
    },
  };
}

class StaleConnection extends Error {}

function targetOf(endpoint: string): RequestOptions {
  if (endpoint.startsWith('unix://')) return { socketPath: endpoint.slice('unix://'.length) };
  const url = new URL(endpoint.replace(/^tcp:/, 'http:'));
  return { host: url.hostname, port: url.port || '2375' };
}

async function refusalOf(response: IncomingMessage): Promise<EngineRefusal> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const body = parseBody(text);
  const message = typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : text.trim();
  return new EngineRefusal(response.statusCode ?? 0, message || `HTTP ${response.statusCode}`);
}

function parseBody(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

function awayBecause(error: unknown): EngineAway {
  if (error instanceof EngineAway) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  return new EngineAway(message || code || String(error), { cause: error });
}

function rethrowAsAway(error: unknown): never {
  throw awayBecause(error);
}
