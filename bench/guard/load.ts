import { createConnection, type NetConnectOpts, type Socket } from 'node:net';

/** One request, and what its answer must begin with. */
export interface Call {
  name: string;
  bytes: string;
  status: number;
}

/** Sends `call` `count` times in all over `connections` kept-open connections; returns the latency of each, in µs. */
export async function closedLoop(
  at: NetConnectOpts,
  call: Call,
  connections: number,
  count: number,
): Promise<number[]> {
  const latencies: number[] = [];
  let left = count;
  const client = async () => {
    const socket = await connect(at);
    while (left > 0) {
      left -= 1;
      const begun = process.hrtime.bigint();
      await exchange(socket, call);
      latencies.push(Number(process.hrtime.bigint() - begun) / 1000);
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: connections }, client));
  return latencies;
}

/** Reads one stream to its end; returns its throughput in MiB/s. */
export async function streamed(at: NetConnectOpts, bytes: string): Promise<number> {
  const socket = await connect(at);
  const begun = performance.now();
  let received = 0;
  socket.write(bytes);
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (part) => {
      received += part.length;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
  return received / 1024 / 1024 / ((performance.now() - begun) / 1000);
}

function connect(at: NetConnectOpts): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(at, () => resolve(socket.setNoDelay(true)));
    socket.once('error', reject);
  });
}

function exchange(socket: Socket, call: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (part: Buffer) => {
      text += part.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
      if (text.length < head + 4 + length) return;
      socket.off('data', onData).off('close', onClose);
      if (text.startsWith(`HTTP/1.1 ${call.status}`)) resolve();
      else reject(new Error(`${call.name}: ${text.slice(0, 300)}`));
    };
    const onClose = () => reject(new Error(`${call.name}: the connection was closed. ${text.slice(0, 200)}`));
    socket.on('data', onData).once('close', onClose);
    socket.write(call.bytes);
  });
}
