import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort, until } from '@bigeye/testkit';
import { root } from './test-stack.ts';

/** An S3 server with one bucket: moto, which script/bootstrap brings. */
export async function startS3Server(bucket: string): Promise<{ endpoint: string } & AsyncDisposable> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const args = ['-H', '127.0.0.1', '-p', String(port)];
  const server = spawn(join(root, '.tools/moto/bin/moto_server'), args, { stdio: 'ignore' });
  const isMade = () =>
    fetch(`${endpoint}/${bucket}`, { method: 'PUT' }).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(isMade, { timeoutMs: 60_000, late: () => 'moto did not make the bucket' });
  return {
    endpoint,
    [Symbol.asyncDispose]: async () => {
      const over = once(server, 'exit');
      server.kill();
      await over;
    },
  };
}
