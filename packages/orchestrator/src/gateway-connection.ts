import { controlPlaneServerName } from '@bigeye/contracts';
import { type Logger, pause } from '@bigeye/service-kit';
import { NativeConnection, type Worker } from '@temporalio/worker';
import type { LiveIdentity } from './live-identity.ts';

/** A poll that was begun with the old certificate may last a minute; its connection is kept that long. */
const pollsEndWithinMs = 75_000;
/** A worker that did not end still holds its connection; the process ends then anyway. */
const closeWithinMs = 1_000;

export interface GatewayConnection extends AsyncDisposable {
  connection: NativeConnection;
  /** Moves the worker to a connection with the renewed certificate, whenever there is one. No poll is dropped. */
  keepCurrent(worker: Worker): Disposable;
}

export async function connectToGateway(
  address: string,
  identity: LiveIdentity,
  log: Logger,
): Promise<GatewayConnection> {
  const open = new Set<NativeConnection>();
  const connect = async (): Promise<NativeConnection> => {
    const { certificate, privateKey, caCertificate } = identity.current();
    const connection = await NativeConnection.connect({
      address,
      tls: {
        serverNameOverride: controlPlaneServerName,
        serverRootCACertificate: Buffer.from(caCertificate),
        clientCertPair: { crt: Buffer.from(certificate), key: Buffer.from(privateKey) },
      },
      grpcCompression: { codec: 'none' },
    });
    open.add(connection);
    return connection;
  };
  const close = async (connection: NativeConnection): Promise<void> => {
    open.delete(connection);
    await Promise.race([connection.close().catch(() => undefined), pause(closeWithinMs)]);
  };
  const first = await connect();
  return {
    connection: first,
    keepCurrent: (worker) =>
      identity.subscribe(() => {
        const old = worker.connection as NativeConnection;
        connect().then(
          (renewed) => {
            worker.connection = renewed;
            setTimeout(() => void close(old), pollsEndWithinMs).unref();
          },
          // The old connection works until the gateway refuses it; the worker then fails and all is begun anew.
          (error) => log.warn({ err: error }, 'gateway not reached with the renewed certificate'),
        );
      }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...open].map(close));
    },
  };
}
