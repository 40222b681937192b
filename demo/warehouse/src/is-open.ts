import pg from 'pg';
import { database, reader } from './create-warehouse-cluster.ts';

/** Whether the shop can be read on that port of this machine: the reader signs in to its database, which has that name once it is filled. */
export async function isOpen(port: number, timeoutMs = 3_000): Promise<boolean> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    database,
    user: reader.name,
    password: reader.password,
    connectionTimeoutMillis: timeoutMs,
  });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
