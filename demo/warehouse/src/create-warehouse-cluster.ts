import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCluster, listPostgres, type PostgresPrograms } from '@bigeye/server-kit';

export const database = 'shop';
/** Who reads it. The password stands in the documentation: that a wrong one fails is what it is for. */
export const reader = { name: 'bigeye', password: 'demo' };
/** Has no password, so it comes by the socket alone, in a folder that nobody else can enter. */
export const owner = 'postgres';

/** An empty cluster that knows the two. The image holds one, because `initdb` needs a shell, which our base image has not. */
export async function createWarehouseCluster(folder: string): Promise<void> {
  await createCluster(await findPostgres(), folder, { user: owner, isDurable: false });
  const admitted = [`local all ${owner} trust`, 'host all all all scram-sha-256'];
  await writeFile(join(folder, 'pg_hba.conf'), `${admitted.join('\n')}\n`);
}

export async function findPostgres(): Promise<PostgresPrograms> {
  const [programs] = await listPostgres();
  if (!programs) throw new Error('There is no PostgreSQL here.');
  return programs;
}
