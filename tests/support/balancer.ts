import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What stands before several processes of the same kind: each connection goes to the next one that takes it. */
export async function startBalancer(targets: () => string[]): Promise<{ address: string } & AsyncDisposable> {
  const open = new Set<Socket>();
  let next = 0;
  const server = createServer((client) => {
    open.add(client);
    client.on('close', () => open.delete(client)).on('error', () => client.destroy());
    const all = targets();
    const turn = next++;
    const attempt = (tried: number) => {
      const target = all[(turn + tried) % all.length];
      if (target === undefined || tried === all.length) return client.destroy();
      const [host, port] = target.split(':');
      const upstream = connect(Number(port), host);
      upstream.once('error', () => (upstream.connecting ? attempt(tried + 1) : client.destroy()));
      upstream.once('connect', () => {
        upstream.removeAllListeners('error').on('error', () => client.destroy());
        upstream.on('close', () => client.destroy());
        client.on('close', () => upstream.destroy());
        client.pipe(upstream).pipe(client);
      });
    };
    attempt(0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
