import { connect } from 'node:net';

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Whether a PostgreSQL server answers on the port of this machine: it says S or N to a request for TLS. */
export function isAnswering(port: number, timeoutMs = 3_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs }, () => socket.write(sslRequest));
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => settle(['S', 'N'].includes(data.toString('latin1', 0, 1))));
    for (const event of ['timeout', 'error', 'close'] as const) socket.once(event, () => settle(false));
  });
}
