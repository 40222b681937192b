import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCluster, listPostgres, startPostgres } from '@bigeye/server-kit';
import pg from 'pg';

export interface DemoWarehouse extends AsyncDisposable {
  readonly port: number;
  /** Settles when the database ended, by itself or not. */
  readonly over: Promise<void>;
}

const database = 'shop';
/** Who reads it. Its password stands in the documentation: that a wrong one fails is what it is for. */
const reader = { name: 'bigeye', password: 'demo' };
const owner = 'postgres';

/**
 * Starts a small shop's database on a PostgreSQL of its own; what is written to it is gone when it ends. Whoever connects needs the
 * reader's name and password; TLS is answered with "no". `port` 0: any that is free.
 */
export async function startDemoWarehouse(address: { host: string; port: number }): Promise<DemoWarehouse> {
  const [programs] = await listPostgres();
  if (!programs) throw new Error('There is no PostgreSQL here.');
  const folder = await mkdtemp(join(tmpdir(), 'demo-warehouse-'));
  const cluster = join(folder, 'data');
  const passwordFile = join(folder, 'owner-password');
  const password = randomBytes(16).toString('hex');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await createCluster(programs, cluster, { user: owner, passwordFile, isDurable: false });
  await appendFile(join(cluster, 'pg_hba.conf'), `host ${database} ${reader.name} all scram-sha-256\n`);
  const port = address.port === 0 ? await freePort() : address.port;
  const server = await startPostgres(programs, cluster, {
    settings: { listen_addresses: address.host, port: String(port), unix_socket_directories: '', fsync: 'off' },
  });
  await fill({ host: '127.0.0.1', port, user: owner, password });
  return {
    port,
    over: server.over,
    async [Symbol.asyncDispose]() {
      await server.stop('SIGINT', 3_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fill(server: pg.ClientConfig): Promise<void> {
  await onDatabase({ ...server, database: 'postgres' }, [
    `CREATE DATABASE ${database}`,
    `CREATE ROLE ${reader.name} LOGIN PASSWORD '${reader.password}' IN ROLE pg_read_all_data`,
  ]);
  const schema = await readFile(new URL('./schema.sql', import.meta.url), 'utf8');
  await onDatabase({ ...server, database }, [schema, 'ANALYZE']);
}

async function onDatabase(config: pg.ClientConfig, statements: readonly string[]): Promise<void> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
