import { listPostgres } from '@bigeye/server-kit';
import { forgetful, startTestPostgres, type TestPostgres } from '@bigeye/testkit';
import type { TestProject } from 'vitest/node';

export interface PostgresServer {
  url: string;
  version: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The newest PostgreSQL first; then one of another major version, where there is one. */
    postgresServers: [PostgresServer, ...PostgresServer[]];
  }
}

/**
 * The servers of a test run, each with a database for every file that asks: the newest PostgreSQL, which is what the product brings along,
 * and another major version: of the server that TEST_POSTGRES_URL names, else the oldest that is installed.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [newest, ...others] = await listPostgres();
  const oldest = others.findLast(({ major }) => major !== newest?.major);
  const named = process.env.TEST_POSTGRES_URL;
  const first = await startTestPostgres(forgetful, newest);
  const started: TestPostgres[] = [first];
  if (!named && oldest) started.push(await startTestPostgres(forgetful, oldest));
  const [, ...further] = started.map(({ url, version }) => ({ url, version }));
  if (named) further.push({ url: named, version: 'of TEST_POSTGRES_URL' });
  project.provide('postgresServers', [{ url: first.url, version: first.version }, ...further]);
  return async () => {
    for (const server of started) await server[Symbol.asyncDispose]();
  };
}
