import { createServer, type RequestListener, type Server } from 'node:http';
import type { Logger } from '@bigeye/service-kit';
import { type CertificateFiles, createTlsServer } from './certificate-files.ts';
import { answerClientError, answerExpectation } from './client-error.ts';
import { type ConnectionLimits, handshakeTimeout } from './connection-limits.ts';
import { type ListenAddress, listen, serverOptions, setIdleLimit } from './listen.ts';

/** A server of HTTP, or of HTTPS where `tls` is given, within `limits`. Throws CONFIG_INVALID where it cannot listen. */
export async function openListener(
  handle: RequestListener,
  address: ListenAddress,
  { tls, limits, log }: { tls?: CertificateFiles | undefined; limits: ConnectionLimits; log: Logger },
): Promise<Server> {
  const options = { ...serverOptions, handshakeTimeout };
  const server = tls ? createTlsServer(handle, tls, { log, options }) : createServer(serverOptions, handle);
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
