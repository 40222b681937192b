import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createCluster, listPostgres, orderlyStop, startPostgres } from '@bigeye/server-kit';
import { createLogger } from '@bigeye/service-kit';
import { freePorts } from '@bigeye/testkit';
import { superviseServer } from '../../apps/control-plane/src/machine/supervise-server.ts';
import { startEmbeddedServer } from '../../apps/control-plane/src/temporal/embedded-server.ts';
import { temporalCli } from '../support/test-stack.ts';

/** A PostgreSQL and a Temporal that live and die apart from the control plane. One that dies is started again at once. */
export interface ChaosServers extends AsyncDisposable {
  /** With which a control plane uses them. */
  settings: Record<string, string>;
  /** Where the control plane keeps logs and artifacts. */
  objects: string;
  postgresPid(): number;
  /** A process for each connection, and some for itself. */
  postgresChildren(): number[];
  temporalPid(): number;
}

export async function startChaosServers(): Promise<ChaosServers> {
  await using starting = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'chaos-servers-'));
  starting.defer(() => rmSync(folder, { recursive: true, force: true }));
  const log = createLogger('chaos', 'silent');
  const [programs] = await listPostgres();
  if (!programs) throw new Error('there is no PostgreSQL here: run "npm ci"');
  const [postgresPort = 0, temporalPort = 0] = await freePorts(2);
  const objects = join(folder, 'objects');
  mkdirSync(objects);
  const cluster = join(folder, 'postgres');
  await createCluster(programs, cluster, { user: 'test' });
  const settings = { listen_addresses: '127.0.0.1', port: String(postgresPort), unix_socket_directories: '' };
  const launch = (signal: AbortSignal) => startPostgres(programs, cluster, { settings, signal });
  const postgres = starting.use(await superviseServer({ name: 'PostgreSQL', launch, orderlyStop, log }));
  const temporal = starting.use(
    await startEmbeddedServer({ cli: temporalCli, dataDir: folder, port: temporalPort, log }),
  );
  const running = starting.move();
  return {
    settings: {
      DATABASE_URL: `postgresql://test@127.0.0.1:${postgresPort}/postgres`,
      TEMPORAL_ADDRESS: temporal.address,
      OBJECT_STORE: pathToFileURL(objects).href,
    },
    objects,
    postgresPid: () => postgres.pid(),
    postgresChildren: () => childrenOf(postgres.pid()),
    temporalPid: () => Number(readFileSync(join(folder, 'temporal.pid'), 'utf8')),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
