import { readFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

export interface DemoWarehouse extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts a small shop's database in memory behind PostgreSQL's wire protocol. Any user, password and database name are
 * let in; TLS is answered with "no". Queries of concurrent connections are served one after the other.
 */
export async function startDemoWarehouse(address: { host: string; port: number }): Promise<DemoWarehouse> {
  const db = await PGlite.create();
  await db.exec(await readFile(new URL('./schema.sql', import.meta.url), 'utf8'));
  const server = new PGLiteSocketServer({ db, ...address, maxConnections: 32 });
  await server.start();
  return {
    port: Number(server.getServerConn().split(':').at(-1)),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await db.close();
    },
  };
}
