import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Logger } from '@bigeye/service-kit';
import type { HostSessions } from '../hosts/host-sessions.ts';
import { type ConnectionLimits, handshakeTimeout } from '../http/connection-limits.ts';
import { type ListenAddress, listen } from '../http/listen.ts';
import type { CertificateAuthority } from '../keys/certificate-authority.ts';

export interface GatewayListener {
  server: Server;
  /** Takes no new connection; those that are open stay. */
  stop(): void;
  /** True when the last connection is gone. */
  isEmpty(): boolean;
  destroy(): void;
}

/** HTTP/2 over TLS 1.3, for hosts with a certificate of our CA. `onSocket` gets each connection past its handshake. */
export async function openGatewayListener(
  address: ListenAddress,
  deps: { authority: CertificateAuthority; sessions: HostSessions; limits: ConnectionLimits; log: Logger },
  onSocket: (socket: TLSSocket) => void,
): Promise<GatewayListener> {
  const sockets = new Set<TLSSocket>();
  const server = createServer({ ...deps.authority.mutualTls, ALPNProtocols: ['h2'], handshakeTimeout });
  deps.limits.guard(server);
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    deps.sessions.track(socket, { listener: 'gateway' });
    if (socket.destroyed) return;
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    onSocket(socket);
  });
  server.on('tlsClientError', (error, socket) => {
    deps.log.info({ peer: socket.remoteAddress, reason: error.message }, 'gateway refused a connection');
  });
  await listen(server, address);
  return {
    server,
    stop: () => void server.close(),
    isEmpty: () => sockets.size === 0,
    destroy: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
