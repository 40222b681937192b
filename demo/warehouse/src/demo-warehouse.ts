import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPostgres } from '@bigeye/server-kit';
import pg from 'pg';
import { createWarehouseCluster, database, findPostgres, owner, reader } from './create-warehouse-cluster.ts';

export interface DemoWarehouse extends AsyncDisposable {
  readonly port: number;
  /** Settles when the database ended, by itself or not. */
  readonly over: Promise<void>;
}

/** Made when the image was built. */
const prepared = new URL('./cluster', import.meta.url);

/**
 * Starts a small shop's database on a PostgreSQL of its own; what is written to it is gone when it ends. Whoever connects needs the
 * reader's name and password; TLS is answered with "no". `port` 0: any that is free.
 */
export async function startDemoWarehouse(address: { host: string; port: number }): Promise<DemoWarehouse> {
  const folder = await mkdtemp(join(tmpdir(), 'demo-warehouse-'));
  const cluster = join(folder, 'data');
  if (existsSync(prepared)) await cp(prepared, cluster, { recursive: true });
  else await createWarehouseCluster(cluster);
  await chmod(cluster, 0o700);
  const port = address.port === 0 ? await freePort() : address.port;
  const server = await startPostgres(await findPostgres(), cluster, {
    settings: { listen_addresses: address.host, port: String(port), unix_socket_directories: folder, fsync: 'off' },
  });
  await fill({ host: folder, port, user: owner });
  return {
    port,
    over: server.over,
    async [Symbol.asyncDispose]() {
      await server.stop('SIGINT', 3_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The database gets its name when all is in it: who finds it early must not take an empty shop for the whole one. */
async function fill(server: pg.ClientConfig): Promise<void> {
  const unfinished = `${database}_unfinished`;
  await onDatabase({ ...server, database: 'postgres' }, [
    `CREATE ROLE ${reader.name} LOGIN PASSWORD '${reader.password}' IN ROLE pg_read_all_data`,
    `CREATE DATABASE ${unfinished}`,
  ]);
  const schema = await readFile(new URL('./schema.sql', import.meta.url), 'utf8');
  await onDatabase({ ...server, database: unfinished }, [schema, 'ANALYZE']);
  await onDatabase({ ...server, database: 'postgres' }, [`ALTER DATABASE ${unfinished} RENAME TO ${database}`]);
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
