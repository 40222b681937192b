import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
// biome-ignore lint/correctness/noUndeclaredDependencies: the bundler is a tool of the whole repository
import { type BuildOptions, build as bundle, type Plugin } from 'esbuild';

const here = import.meta.dirname;
const entry = join(here, 'src/main.ts');

const shared = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  logLevel: 'warning',
} satisfies BuildOptions;

/** What bundled CommonJS packages expect and an ES module does not have. */
const commonJsNames = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');

/** The worker bundles workflows only where it has some; an orchestrator has none, and so needs no webpack. */
const withoutWorkflowBundler: Plugin = {
  name: 'without-workflow-bundler',
  setup: (build) => {
    build.onLoad({ filter: /@temporalio\/worker\/lib\/workflow\/bundler\.js$/ }, () => ({
      contents:
        'module.exports = { WorkflowCodeBundler: class {}, bundleWorkflowCode() {}, defaultWorkflowInterceptorModules: [] };',
      loader: 'js',
    }));
  },
};

/**
 * Writes `outDir/bigeye-agent`, one executable file for operators, and `outDir/agent-orchestrator/`, the build context of
 * the orchestrator's image: the same program with the worker and its native part for this machine's architecture.
 */
export async function build(outDir: string): Promise<void> {
  await mkdir(outDir, { recursive: true });
  await Promise.all([buildExecutable(outDir), buildImageContext(join(outDir, 'agent-orchestrator'))]);
  for (const folder of [outDir, join(outDir, 'agent-orchestrator')])
    for (const name of ['NOTICE', 'LICENSE']) await copyFile(join(here, '../..', name), join(folder, name));
}

/**
 * The first lines of the executable are a shell script to a shell and nothing to Node: machines often have an older Node
 * on their PATH, and its syntax error would tell an operator nothing.
 */
const launcher = [
  '#!/bin/sh',
  `':' //; for node in "$BIGEYE_NODE" node "\${0%/*}/node" "\${0%/*}/../.tools/bin/node"; do [ -n "$node" ] && "$node" -e 'process.exit(parseInt(process.versions.node) < 24 ? 1 : 0)' 2>/dev/null && exec "$node" "$0" "$@"; done`,
  `':' //; echo 'error NODE_MISSING: bigeye-agent needs Node 24 or newer.' >&2; echo '→ Install it (https://nodejs.org/en/download), or name it: BIGEYE_NODE=/path/to/node bigeye-agent ...' >&2; exit 3`,
].join('\n');

/** The operators' executable alone. */
export async function buildExecutable(outDir: string): Promise<void> {
  const outfile = join(outDir, 'bigeye-agent');
  await bundle({
    ...shared,
    entryPoints: [entry],
    outfile,
    alias: { '@bigeye/orchestrator': join(here, 'src/host/no-orchestrator.ts') },
    banner: { js: `${launcher}\n${commonJsNames}` },
  });
  await chmod(outfile, 0o755);
}

async function buildImageContext(outDir: string): Promise<void> {
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  await bundle({
    ...shared,
    entryPoints: {
      main: entry,
      health: join(here, 'src/health-check.ts'),
      // The Temporal SDK loads it by its path.
      'failure-converter': join(here, '../../packages/service-kit/src/failure-converter.ts'),
    },
    outdir: outDir,
    outExtension: { '.js': '.mjs' },
    // The health check starts every few seconds and must not load the worker.
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    banner: { js: commonJsNames },
    plugins: [withoutWorkflowBundler],
  });
  const fromWorker = createRequire(
    createRequire(join(here, '../../packages/orchestrator/package.json')).resolve('@temporalio/worker'),
  );
  const { getPrebuiltPath } = fromWorker('@temporalio/core-bridge/common');
  const native: string = getPrebuiltPath();
  const target = join(outDir, 'releases', dirname(native).split('/').at(-1) ?? '');
  await mkdir(target, { recursive: true });
  await copyFile(native, join(target, 'index.node'));
  await copyFile(join(here, 'Dockerfile'), join(outDir, 'Dockerfile'));
}
