import type { TLSSocket } from 'node:tls';
import type { HostId } from '@bigeye/contracts';
import { hostIdOfCertificate } from '../auth/certificate-authority.ts';
import type { ChangeFeed } from '../db/change-feed.ts';

/** The open connections of hosts, so that a revoked one is cut off at once and its polls with it. */
export interface HostSessions extends Disposable {
  /** `socket`: past its handshake, and so with a verified certificate. */
  track(socket: TLSSocket): void;
  readonly size: number;
}

export function createHostSessions(changes: ChangeFeed): HostSessions {
  const sockets = new Map<TLSSocket, string | undefined>();
  const close = (hostId: HostId) => {
    for (const [socket, owner] of sockets) if (owner === hostId) socket.destroy();
  };
  // A revocation missed in a gap is no danger: each request is judged anew.
  const subscription = changes.subscribe({
    onChange: (change) => {
      if ('hostId' in change) close(change.hostId);
    },
    onGap: () => undefined,
  });
  return {
    track: (socket) => {
      sockets.set(socket, hostIdOfCertificate(socket.getPeerCertificate()?.raw ?? new Uint8Array())?.hostId);
      socket.once('close', () => sockets.delete(socket));
    },
    get size() {
      return sockets.size;
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}
