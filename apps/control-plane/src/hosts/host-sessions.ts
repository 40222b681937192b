import type { TLSSocket } from 'node:tls';
import type { HostId } from '@bigeye/contracts';
import { hostIdOfCertificate } from '../auth/certificate-authority.ts';
import type { ChangeFeed } from '../db/change-feed.ts';

/** The open connections of hosts, so that a revoked one is cut off at once and its polls with it. */
export interface HostSessions extends Disposable {
  /**
   * `socket`: past its handshake, and so with a verified certificate. `graceMs`: how long an answer that is on its way
   * may take; whatever the host asks meanwhile is refused.
   */
  track(socket: TLSSocket, graceMs?: number): void;
}

export function createHostSessions(changes: ChangeFeed): HostSessions {
  const sockets = new Map<TLSSocket, { owner: string | undefined; graceMs: number }>();
  const close = (hostId: HostId) => {
    for (const [socket, { owner, graceMs }] of sockets)
      if (owner === hostId) setTimeout(() => socket.destroy(), graceMs).unref();
  };
  // A revocation missed in a gap is no danger: each request is judged anew.
  const subscription = changes.subscribe({
    onChange: (change) => {
      if ('hostId' in change) close(change.hostId);
    },
    onGap: () => undefined,
  });
  return {
    track: (socket, graceMs = 0) => {
      const certificate = socket.getPeerCertificate()?.raw;
      sockets.set(socket, { owner: certificate && hostIdOfCertificate(certificate)?.hostId, graceMs });
      socket.once('close', () => sockets.delete(socket));
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}
