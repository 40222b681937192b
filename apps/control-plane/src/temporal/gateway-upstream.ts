import { type ClientUnaryCall, type Deadline, type Metadata, type requestCallback, status } from '@grpc/grpc-js';
import { metadataOf, openTemporalClient, type TemporalTarget } from './connect.ts';

const connectionCount = 4;
/** A poll that was begun before the proof was replaced may last a minute. */
const pollsEndWithinMs = 75_000;

const options = {
  // Or it stays away for long after Temporal was started again.
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 1000,
  // No keep-alive pings: Temporal says good-bye to each connection after five minutes and lets its calls end; a ping that
  // comes meanwhile makes grpc-js drop all of them, and with them a quarter of all open polls.
};

/**
 * The gateway's connections to Temporal. Each call proves who we are, whatever it carries of its own, so that nothing a host says
 * can stand in place of that.
 */
export function openGatewayUpstream(target: TemporalTarget) {
  const open = () => Array.from({ length: connectionCount }, () => openTemporalClient(target, options));
  let clients = open();
  let next = 0;
  const subscription = target.subscribe(() => {
    const old = clients;
    clients = open();
    setTimeout(() => closeAll(old), pollsEndWithinMs).unref();
  });
  return {
    call: (
      path: string,
      request: Buffer,
      { metadata, deadline }: { metadata: Metadata; deadline: Deadline },
      answer: requestCallback<Buffer>,
    ): ClientUnaryCall => {
      for (const [name, value] of Object.entries(metadataOf(target))) metadata.set(name, value);
      const client = clients[next++ % clients.length] as (typeof clients)[number];
      return client.makeUnaryRequest(path, bytes, bytes, request, metadata, { deadline }, (error, response) => {
        // It is we who were refused, and a host that hears so would think that it was meant.
        const isOurs = error?.code === status.UNAUTHENTICATED || error?.code === status.PERMISSION_DENIED;
        if (isOurs) answer({ ...error, code: status.UNAVAILABLE, details: 'Temporal refuses the gateway' });
        else answer(error, response);
      });
    },
    [Symbol.dispose]: () => {
      subscription[Symbol.dispose]();
      closeAll(clients);
    },
  };
}

const bytes = (given: Buffer): Buffer => given;

function closeAll(clients: { close(): void }[]): void {
  for (const client of clients) client.close();
}
