import type { PeerCertificate, TLSSocket } from 'node:tls';

/**
 * Node makes the whole certificate anew whenever it is asked for, and every request asks, in the gateway by grpc-js. It cannot change:
 * TLS 1.3 has no second handshake.
 */
export function keepPeerCertificate(socket: TLSSocket): PeerCertificate {
  const certificate = socket.getPeerCertificate();
  socket.getPeerCertificate = (() => certificate) as TLSSocket['getPeerCertificate'];
  return certificate;
}
