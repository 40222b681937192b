import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
// biome-ignore lint/correctness/noUndeclaredDependencies: the bundler is a tool of the whole repository
import { build as bundle } from 'esbuild';

/** Writes all that the image needs into `outDir`: one bundle and the Dockerfile. */
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
  });
  await copyFile(join(import.meta.dirname, 'Dockerfile'), join(outDir, 'Dockerfile'));
  for (const name of ['NOTICE', 'LICENSE'])
    await copyFile(join(import.meta.dirname, '../..', name), join(outDir, name));
}
