import {
  connect,
  createSecureServer,
  createServer,
  type SecureServerOptions,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** One call that reached Temporal: its method and the bytes of its message (without gRPC's five bytes in front). */
export interface RecordedCall {
  path: string;
  message: Buffer;
  authorization: string | undefined;
  /** The name in the caller's certificate. */
  client: string | undefined;
}

export interface RecordingProxy extends AsyncDisposable {
  address: string;
  calls: RecordedCall[];
}

/**
 * Passes HTTP/2 on to `upstream` (host:port) as it is and remembers every call. With `tls` it speaks TLS; with `apiKey` it refuses
 * who does not bring that key, as Temporal Cloud does.
 */
export async function startRecordingProxy(
  upstream: string,
  { tls, apiKey }: { tls?: SecureServerOptions; apiKey?: () => string } = {},
): Promise<RecordingProxy> {
  const calls: RecordedCall[] = [];
  const session = connect(`http://${upstream}`);
  session.on('error', () => undefined);
  const server = tls ? createSecureServer(tls) : createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const { authorization } = headers;
    const socket = stream.session?.socket as TLSSocket | undefined;
    const name = tls && socket?.getPeerCertificate().subject?.CN;
    const client = Array.isArray(name) ? name[0] : name;
    if (apiKey && authorization !== `Bearer ${apiKey()}`) {
      const refused = { 'grpc-status': '16', 'grpc-message': 'Request unauthorized' };
      return stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...refused }, { endStream: true });
    }
    const forwarded = session.request({ ...headers, ':authority': upstream });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const message = Buffer.concat(chunks).subarray(5);
      calls.push({ path: String(headers[':path']), message, authorization, client });
    });
    stream.pipe(forwarded);
    stream.on('close', () => forwarded.close());
    for (const one of [stream, forwarded]) one.on('error', () => undefined);
    forwarded.on('response', (answer, flags) => {
      // HTTP/2 ends an answer without a body in its headers.
      if ((flags & 1) !== 0) return stream.respond(answer, { endStream: true });
      stream.respond(answer, { waitForTrailers: true });
      let trailers = {};
      forwarded.on('trailers', (given) => {
        trailers = given;
      });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      forwarded.pipe(stream);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    [Symbol.asyncDispose]: async () => {
      session.destroy();
      server.close();
    },
  };
}
