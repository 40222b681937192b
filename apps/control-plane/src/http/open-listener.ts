import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Logger } from '@bigeye/service-kit';
import { type CertificateFiles, followCertificateFiles, readCertificateFiles } from './certificate-files.ts';
import { answerClientError, answerExpectation } from './client-error.ts';
import { type ConnectionLimits, handshakeTimeout } from './connection-limits.ts';
import { type ListenAddress, listen, serverOptions, setIdleLimit } from './listen.ts';

/** A server of HTTP, or of HTTPS where `tls` is given, within `limits`. Throws CONFIG_INVALID where it cannot listen. */
export async function openListener(
  handle: RequestListener,
  address: ListenAddress,
  { tls, limits, log }: { tls?: CertificateFiles | undefined; limits: ConnectionLimits; log: Logger },
): Promise<Server> {
  const server = tls ? createTlsServer(handle, tls, log) : createHttpServer(serverOptions, handle);
  setIdleLimit(server);
  limits.guard(server);
  server.on('clientError', answerClientError).on('checkExpectation', answerExpectation);
  await listen(server, address);
  return server;
}

function createTlsServer(handle: RequestListener, tls: CertificateFiles, log: Logger): Server {
  const options = { ...readCertificateFiles(tls), minVersion: 'TLSv1.2', ...serverOptions, handshakeTimeout } as const;
  const server = createHttpsServer(options, handle);
  followCertificateFiles(server, tls, { log });
  return server;
}

/** Lets go of all connections. */
export function closeListener(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
