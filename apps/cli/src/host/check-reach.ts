import { connect } from 'node:net';
import { AppError } from '@bigeye/contracts';

const timeoutMs = 5_000;

/**
 * Whether this machine reaches the address by TCP. Not more: the agent itself connects from the agents' network, and
 * only it has a driver. `unknown name` where the name does not resolve here, which it may well do over there.
 * Throws CONNECTION_CHECK_FAILED.
 */
export async function checkReach(
  connector: string,
  { host, port }: { host: string; port: number },
): Promise<'reached' | 'unknown name'> {
  const fault = await tryConnect(host, port);
  if (fault === undefined) return 'reached';
  if (fault.code === 'ENOTFOUND' || fault.code === 'EAI_AGAIN') return 'unknown name';
  throw new AppError('CONNECTION_CHECK_FAILED', { connector, reason: `${host}:${port}: ${fault.message}` });
}

function tryConnect(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs }, () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on('timeout', () => socket.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    socket.on('error', resolve);
  });
}
