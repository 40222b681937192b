import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@bigeye/testkit';
import pg from 'pg';

export interface DefaultPostgres extends AsyncDisposable {
  readonly port: number;
  readonly version: string;
  connect(applicationName?: string): Promise<pg.Client>;
}

/** A PostgreSQL server of this machine with the settings that initdb gives it; only address and port are ours. */
export async function startDefaultPostgres(): Promise<DefaultPostgres> {
  // Its user must be able to enter, so not below the repository.
  const data = mkdtempSync(join(tmpdir(), 'bench-postgres-'));
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  const run = (command: string, ...args: string[]) => {
    // PostgreSQL refuses to run as root.
    const asOwner = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--'] : [];
    const [program = command, ...rest] = [...asOwner, command, ...args];
    return execFileSync(program, rest, { cwd: '/', stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
  };
  if (isRoot) execFileSync('chown', ['postgres', data]);
  run('initdb', '-D', data, '-U', 'bench', '--auth=trust', '-E', 'UTF8', '--no-sync');
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=`;
  run('pg_ctl', '-D', data, '-w', '-l', join(data, 'log'), '-o', options, 'start');
  const connect = async (application_name = 'bench') => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'bench', database: 'postgres', application_name });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const client = await connect();
  const { rows } = await client.query('SHOW server_version');
  await client.end();
  return {
    port,
    version: rows[0].server_version,
    connect,
    async [Symbol.asyncDispose]() {
      run('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
      rmSync(data, { recursive: true, force: true });
    },
  };
}
