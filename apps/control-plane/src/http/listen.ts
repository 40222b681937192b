import type { Server as HttpServer } from 'node:http';
import type { Server } from 'node:net';
import { AppError } from '@bigeye/contracts';

export interface ListenAddress {
  host: string;
  port: number;
}

/** Binds the server. Throws CONFIG_INVALID, naming the address, when it cannot be had. */
export function listen(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const problem = `cannot listen on ${host}:${port} (${reasons[cause.code ?? ''] ?? cause.message})`;
      reject(new AppError('CONFIG_INVALID', { program: 'control-plane', problems: [problem] }, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'another process listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not use that port',
};

/** The port that a listening server got. */
export function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

export const serverOptions = {
  /** Asked for by the server above, whose answers have all headers. */
  requireHostHeader: false,
  /** Longer than clients and proxies keep an idle connection: whoever closes first must be the one who sends next. */
  keepAliveTimeout: 75_000,
  /** All headers of a request together, in bytes and in time. A client that says nothing at all is held to it too. */
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
};

/** A client that takes nothing of its answer for so long does not want it. Streams of events say something every 15 s. */
export function setIdleLimit(server: HttpServer): void {
  server.timeout = 5 * 60_000;
}
