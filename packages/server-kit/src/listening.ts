import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

/** Whether nobody listens on the port of loopback. */
export function isFree(port: number): Promise<boolean> {
  return portOf(port).then(
    () => true,
    () => false,
  );
}

/** A port of loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return portOf(0);
}

function portOf(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : wanted));
    });
  });
}

/**
 * Whether the process itself listens on that port of loopback, and not somebody else who was quicker. Where the system does not
 * say whose a socket is (macOS), whether anybody answers: a child that did not get its port ends by itself.
 */
export async function listensOn(pid: number, port: number): Promise<boolean> {
  if (process.platform !== 'linux') return await answers(port);
  try {
    const sockets = listeningSockets(pid, port);
    const folder = `/proc/${pid}/fd`;
    return sockets.size > 0 && readdirSync(folder).some((name) => sockets.has(linkOf(join(folder, name))));
  } catch {
    // It has ended meanwhile.
    return false;
  }
}

/** As the links of file descriptors name them. */
function listeningSockets(pid: number, port: number): Set<string> {
  const listening = '0A';
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n');
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return new Set(fields.filter((f) => f[3] === listening && f[1]?.endsWith(ending)).map((f) => `socket:[${f[9]}]`));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
