import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
// biome-ignore lint/correctness/noUndeclaredDependencies: the bundler is a tool of the whole repository
import { build as bundle } from 'esbuild';

/** Writes all that the image needs into `outDir`: the bundle, the parser's wasm file and the Dockerfile. */
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
    // Optional native client of pg, which is not installed.
    external: ['pg-native'],
    // The bundled CommonJS packages expect what an ES module does not have.
    banner: {
      js: [
        "import { createRequire } from 'node:module';",
        'const require = createRequire(import.meta.url);',
        'const __filename = import.meta.filename;',
        'const __dirname = import.meta.dirname;',
      ].join('\n'),
    },
  });
  const parser = dirname(createRequire(import.meta.url).resolve('libpg-query'));
  await copyFile(join(parser, 'libpg-query.wasm'), join(outDir, 'libpg-query.wasm'));
  await copyFile(join(import.meta.dirname, 'Dockerfile'), join(outDir, 'Dockerfile'));
  for (const name of ['NOTICE', 'LICENSE'])
    await copyFile(join(import.meta.dirname, '../..', name), join(outDir, name));
}
