import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCluster, freePort, listPostgres, type PostgresPrograms, startPostgres } from '@bigeye/server-kit';

export interface TestPostgres extends AsyncDisposable {
  /** Of its database `postgres`, as its superuser. */
  url: string;
  port: number;
  version: string;
}

/** For tests: a crash of the machine may cost them all, and many files connect at once. */
export const forgetful = { fsync: 'off', full_page_writes: 'off', max_connections: '200' };

/** A PostgreSQL server of our own on loopback: of `programs`, else the newest there is. Without `settings` as `initdb` leaves it. */
export async function startTestPostgres(
  settings: Record<string, string> = {},
  programs?: PostgresPrograms,
): Promise<TestPostgres> {
  const chosen = programs ?? (await listPostgres())[0];
  if (!chosen) throw new Error('there is no PostgreSQL here: run "npm ci"');
  const folder = mkdtempSync(join(tmpdir(), 'test-postgres-'));
  const cluster = join(folder, 'data');
  const port = await freePort();
  await createCluster(chosen, cluster, { user: 'test', isDurable: false });
  const ours = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' };
  const server = await startPostgres(chosen, cluster, { settings: { ...settings, ...ours } });
  return {
    url: `postgresql://test@127.0.0.1:${port}/postgres`,
    port,
    version: chosen.version,
    [Symbol.asyncDispose]: async () => {
      await server.stop('SIGQUIT', 5_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
