import { connect, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** One call that reached Temporal: its method and the bytes of its message (without gRPC's five bytes in front). */
export interface RecordedCall {
  path: string;
  message: Buffer;
}

/** Passes HTTP/2 on to `upstream` (host:port) as it is and remembers every call. */
export async function startRecordingProxy(
  upstream: string,
): Promise<{ address: string; calls: RecordedCall[] } & AsyncDisposable> {
  const calls: RecordedCall[] = [];
  const session = connect(`http://${upstream}`);
  session.on('error', () => undefined);
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const forwarded = session.request({ ...headers, ':authority': upstream });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const message = Buffer.concat(chunks).subarray(5);
      calls.push({ path: String(headers[':path']), message });
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
