import { BlockList, isIPv6, type Server, type Socket } from 'node:net';
import { type TLSSocket, Server as TlsServer } from 'node:tls';
import type { Logger } from '@bigeye/service-kit';
import { groupOf } from './address-group.ts';

/** How long a client may take until TLS is agreed on. */
export const handshakeTimeout = 10_000;
/** How long the other end may take to read a last answer, before the connection is closed without it. */
const lastAnswerMs = 1_000;
const tellEveryMs = 60_000;
const keepAliveMs = 60_000;

export interface ConnectionCaps {
  inAll: number;
  /** Of those that have shown no certificate. */
  perAddress: number;
}

/** Holds what connects to one kind of listener, on all its addresses together, within the caps. */
export interface ConnectionLimits {
  /** Before it listens. Whatever it serves, no connection of it outlives a client that went or never spoke. */
  guard(server: Server): void;
}

/** `proxies`: addresses or networks that many clients come through, so that the cap of an address does not hold for them. */
export function createConnectionLimits(
  listener: string,
  caps: ConnectionCaps,
  log: Logger,
  proxies: string[] = [],
): ConnectionLimits {
  const open = new Map<string, number>();
  /** What takes a connection out of the share of its address. */
  const ofStrangers = new Map<string, () => void>();
  const refused = { count: 0, toldAt: Number.NEGATIVE_INFINITY };
  const isProxy = within(proxies);
  let total = 0;

  const refuse = (socket: Socket, cap: keyof ConnectionCaps) => {
    const { remoteAddress } = socket;
    socket.destroy();
    refused.count++;
    if (performance.now() - refused.toldAt < tellEveryMs) return;
    log.warn({ listener, remoteAddress, cap, limit: caps[cap], refused: refused.count }, 'too many connections');
    Object.assign(refused, { count: 0, toldAt: performance.now() });
  };

  const admit = (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const group = groupOf(address);
    const ofAddress = open.get(group) ?? 0;
    if (total >= caps.inAll) return refuse(socket, 'inAll');
    if (ofAddress >= caps.perAddress && !isProxy(address)) return refuse(socket, 'perAddress');
    total++;
    open.set(group, ofAddress + 1);
    const peer = peerOf(socket);
    let isCounted = true;
    const uncount = () => {
      if (!isCounted) return;
      isCounted = false;
      ofStrangers.delete(peer);
      const left = (open.get(group) ?? 1) - 1;
      if (left > 0) open.set(group, left);
      else open.delete(group);
    };
    ofStrangers.set(peer, uncount);
    socket.once('close', () => {
      total--;
      uncount();
    });
    // A machine that went without a word is found out by the system.
    socket.setKeepAlive(true, keepAliveMs);
  };

  return {
    guard: (server) => {
      server.prependListener('connection', admit);
      // Node tells of a handshake that failed or took too long, and leaves the connection open.
      if (server instanceof TlsServer) {
        server.on('tlsClientError', (_error: Error, socket: TLSSocket) => void socket.destroy());
        // Who has shown a certificate is known, and bounded as the host that it is: a thousand may share one address.
        server.prependListener('secureConnection', (socket: TLSSocket) => {
          if (socket.authorized) ofStrangers.get(peerOf(socket))?.();
        });
      }
    },
  };
}

const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

/** Sends what is left to say. `socket.end` alone would wait for ever for a client that does not read, or does not go. */
export function endSoon(socket: { end(text: string): unknown; destroy(): unknown }, text: string): void {
  socket.end(text);
  setTimeout(() => socket.destroy(), lastAnswerMs).unref();
}

function within(networks: string[]): (address: string) => boolean {
  const list = new BlockList();
  const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return (address) => address !== '' && list.check(address, familyOf(address));
}
