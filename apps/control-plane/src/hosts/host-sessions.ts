import type { TLSSocket } from 'node:tls';
import { type HostId, hostLimits } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import type { ChangeFeed } from '../db/change-feed.ts';
import { keepPeerCertificate } from '../http/peer-certificate.ts';
import { hostIdOfCertificate } from '../keys/certificate-authority.ts';

/** The open connections of hosts, so that a revoked one is cut off at once and its polls with it. */
export interface HostSessions extends Disposable {
  /**
   * `socket`: past its handshake, and so with a verified certificate. One more than a host may have at this listener is
   * closed at once. `graceMs`: how long an answer that is on its way may take when the host is cut off; whatever the host
   * asks meanwhile is refused.
   */
  track(socket: TLSSocket, options: { listener: keyof typeof hostLimits.connections; graceMs?: number }): void;
}

interface Session {
  owner: string | undefined;
  graceMs: number;
}

export function createHostSessions(changes: ChangeFeed, log: Logger): HostSessions {
  const sockets = new Map<TLSSocket, Session>();
  /** How many are open, by listener and owner: thousands of hosts may come at once. */
  const counts = new Map<string, number>();
  const count = (key: string, change: 1 | -1) => {
    const open = (counts.get(key) ?? 0) + change;
    if (open > 0) counts.set(key, open);
    else counts.delete(key);
  };
  const close = (hostId: HostId) => {
    for (const [socket, { owner, graceMs }] of sockets)
      if (owner === hostId) setTimeout(() => socket.destroy(), graceMs).unref();
  };
  // A revocation missed in a gap is no danger: each request is judged anew.
  const subscription = changes.subscribe({
    onChange: (change) => {
      if ('hostId' in change && change.what === 'revoked') close(change.hostId);
    },
    onGap: () => undefined,
  });
  return {
    track: (socket, { listener, graceMs = 0 }) => {
      const certificate = keepPeerCertificate(socket)?.raw;
      const owner = certificate && hostIdOfCertificate(certificate)?.hostId;
      const key = `${listener} ${owner}`;
      if ((counts.get(key) ?? 0) >= hostLimits.connections[listener]) {
        log.warn(
          { hostId: owner, listener, limit: hostLimits.connections[listener] },
          'too many connections of a host',
        );
        socket.destroy();
        return;
      }
      sockets.set(socket, { owner, graceMs });
      count(key, 1);
      socket.once('close', () => {
        if (sockets.delete(socket)) count(key, -1);
      });
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}
