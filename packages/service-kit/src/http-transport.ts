import { type RequestOptions as HttpRequestOptions, request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { type ApiReply, type ApiTransport, controlPlaneServerName } from '@bigeye/contracts';

/** Certificates of the host API: our own, and the CA that we pin. All PEM. */
export interface ClientIdentity {
  certificate: string;
  privateKey: string;
  caCertificate: string;
}

const timeoutMs = 30_000;

/** Plain HTTP or HTTPS, with the machine's own trust or `caCertificate` beside it. Answers are read whole. */
export function createHttpTransport(options: { caCertificate?: string | undefined } = {}): ApiTransport {
  const agent = new Agent({ keepAlive: true, ...(options.caCertificate ? { ca: options.caCertificate } : {}) });
  return (call) =>
    withFreshConnection(() =>
      call.url.startsWith('https:')
        ? send(httpsRequest(call.url, { ...optionsOf(call), agent }), call.body)
        : send(httpRequest(call.url, optionsOf(call)), call.body),
    );
}

/** TLS 1.3 with a client certificate, trusting the pinned CA only and checking the control plane's fixed name. */
export function createMutualTlsTransport(identity: ClientIdentity): MutualTlsTransport {
  let agent = createAgent(identity);
  const transport: ApiTransport = (call) =>
    withFreshConnection(() => send(httpsRequest(call.url, { ...optionsOf(call), agent }), call.body));
  return Object.assign(transport, {
    use: (renewed: ClientIdentity) => {
      const old = agent;
      agent = createAgent(renewed);
      // Calls that are under way end on their connections.
      setTimeout(() => old.destroy(), 2 * timeoutMs).unref();
    },
    [Symbol.dispose]: () => agent.destroy(),
  });
}

export interface MutualTlsTransport extends ApiTransport, Disposable {
  /** Proves itself with a renewed certificate from the next call on. */
  use(renewed: ClientIdentity): void;
}

const createAgent = (identity: ClientIdentity): Agent =>
  new Agent({
    keepAlive: true,
    maxSockets: 8,
    ca: identity.caCertificate,
    cert: identity.certificate,
    key: identity.privateKey,
    minVersion: 'TLSv1.3',
    servername: controlPlaneServerName,
  });

/** The other side closed an idle connection just as we used it again: it has not read the request. */
class StaleConnection extends Error {}

async function withFreshConnection(attempt: () => Promise<ApiReply>): Promise<ApiReply> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
    }
  }
}

function optionsOf(call: Parameters<ApiTransport>[0]): HttpRequestOptions {
  return { method: call.method, headers: call.headers, timeout: timeoutMs };
}

function send(request: ReturnType<typeof httpRequest>, body: string | Uint8Array | undefined): Promise<ApiReply> {
  return new Promise((resolve, reject) => {
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    request.on('error', (error) =>
      reject(request.reusedSocket && 'code' in error && error.code === 'ECONNRESET' ? new StaleConnection() : error),
    );
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.end(body);
  });
}
