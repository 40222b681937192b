import { startTestPostgres } from '@bigeye/testkit';
import pg from 'pg';

export interface DefaultPostgres extends AsyncDisposable {
  readonly port: number;
  readonly version: string;
  connect(applicationName?: string): Promise<pg.Client>;
}

/** A PostgreSQL server with the settings that initdb gives it; only address and port are ours. */
export async function startDefaultPostgres(): Promise<DefaultPostgres> {
  const { port, url, version, [Symbol.asyncDispose]: end } = await startTestPostgres();
  return {
    port,
    version,
    connect: async (application_name = 'bench') => {
      const client = new pg.Client({ connectionString: url, application_name });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    [Symbol.asyncDispose]: end,
  };
}
