import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@bigeye/service-kit';
import { freePorts } from '@bigeye/testkit';
import { type EmbeddedServer, startEmbeddedServer } from '../../apps/control-plane/src/temporal/embedded-server.ts';
import { temporalCli } from './test-stack.ts';

/** The server that a control plane brings along, on loopback and in a folder of its own, for what needs one beside it. */
export async function startTestTemporal({
  port,
  namespace,
}: {
  port?: number;
  namespace?: string;
} = {}): Promise<EmbeddedServer> {
  await using starting = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'temporal-'));
  starting.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const { address } = starting.use(
    await startEmbeddedServer({
      cli: temporalCli,
      dataDir,
      port: port ?? (await freePorts(1))[0] ?? 0,
      ...(namespace === undefined ? {} : { namespace }),
      log: createLogger('temporal', 'error'),
    }),
  );
  const running = starting.move();
  return { address, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
