import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
// biome-ignore lint/correctness/noUndeclaredDependencies: the bundler is a tool of the whole repository
import { build as bundle } from 'esbuild';

/** Writes all that the image needs into `outDir`: the bundle, PGlite's data files, the schema and the Dockerfile. */
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
    banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
  });
  const pglite = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  for (const file of ['pglite.wasm', 'pglite.data', 'initdb.wasm']) {
    await copyFile(join(pglite, file), join(outDir, file));
  }
  await copyFile(join(import.meta.dirname, 'src/schema.sql'), join(outDir, 'schema.sql'));
  await copyFile(join(import.meta.dirname, 'Dockerfile'), join(outDir, 'Dockerfile'));
}
