import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { answerClientError, answerExpectation } from './client-error.ts';
import { type ConnectionLimits, handshakeTimeout } from './connection-limits.ts';
import { type ListenAddress, listen, serverOptions, setIdleLimit } from './listen.ts';

/** A server of HTTP, or of HTTPS where `tls` is given, within `limits`. Throws CONFIG_INVALID where it cannot listen. */
export async function openListener(
  handle: RequestListener,
  address: ListenAddress,
  { tls, limits }: { tls?: { certificateFile: string; keyFile: string } | undefined; limits: ConnectionLimits },
): Promise<Server> {
  const server = tls
    ? createHttpsServer(
        {
          cert: readFileSync(tls.certificateFile),
          key: readFileSync(tls.keyFile),
          minVersion: 'TLSv1.2',
          ...serverOptions,
          handshakeTimeout,
        },
        handle,
      )
    : createHttpServer(serverOptions, handle);
  setIdleLimit(server);
  limits.guard(server);
  server.on('clientError', answerClientError).on('checkExpectation', answerExpectation);
  await listen(server, address);
  return server;
}

/** Lets go of all connections. */
export function closeListener(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
