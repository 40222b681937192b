import { chmod, copyFile, cp, mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { agentTypes, images, productVersion } from '@bigeye/contracts';
import { failureConverterPath } from '@bigeye/service-kit';
import { type BuildOptions, build as bundle, type Plugin } from 'esbuild';
import { prepareImage } from '../../demo/warehouse/prepare-image.ts';

const root = join(import.meta.dirname, '../..');

/** What makes the build context of one image: the bundle, its files, the Dockerfile of the workspace and the licences. */
interface ImageContext {
  tag: string;
  workspace: string;
  /** Name of the program → its source. Unless told: `main`, which is the workspace's src/main.ts. */
  programs?: Record<string, string>;
  options?: BuildOptions;
  /** Where a file comes from → its place in the context. */
  files?: () => Record<string, string>;
  /** What else the context needs, beyond copying. */
  prepare?: (outDir: string) => Promise<void>;
}

/** What bundled CommonJS packages expect and an ES module does not have. */
const commonJsNames = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join('\n');
const withCommonJs: BuildOptions = { banner: { js: commonJsNames } };

/** Bundling workflows needs webpack. An orchestrator has no workflows, and a control plane in an image brings them bundled. */
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

/** Temporal runs workflows in a thread, whose program it looks for by its name; here that is built like the others. */
const withWorkflowThread: Plugin = {
  name: 'with-workflow-thread',
  setup: (build) => {
    build.onLoad({ filter: /@temporalio\/worker\/lib\/workflow\/threaded-vm\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace("'./workflow-worker-thread'", "'./workflow-worker-thread.mjs'");
      if (contents === source) throw new Error(`${path} does not start ./workflow-worker-thread any more`);
      return { contents, loader: 'js' };
    });
  },
};

/** Every image of the repository; the key names its folder in dist/. A new image is one more entry. */
export const imageContexts = {
  'agent-orchestrator': {
    tag: images.orchestrator,
    workspace: 'apps/cli',
    programs: {
      main: 'apps/cli/src/main.ts',
      health: 'apps/cli/src/health-check.ts',
      // The Temporal SDK loads it by its path.
      'failure-converter': failureConverterPath,
    },
    options: {
      ...withCommonJs,
      // The health check starts every few seconds and must not load the worker.
      splitting: true,
      minifySyntax: true,
      minifyWhitespace: true,
      plugins: [withoutWorkflowBundler],
    },
    files: nativePartOfWorker,
  },
  'control-plane': {
    tag: `bigeyedata/agent-orchestrator-control-plane:${productVersion}`,
    workspace: 'apps/control-plane',
    programs: {
      main: 'apps/control-plane/src/main.ts',
      health: 'apps/control-plane/src/health-check.ts',
      // Temporal's SDK loads both by their paths.
      'failure-converter': failureConverterPath,
      'workflow-worker-thread': 'node_modules/@temporalio/worker/lib/workflow/workflow-worker-thread.js',
    },
    options: {
      ...withCommonJs,
      external: ['pg-native'],
      splitting: true,
      minifySyntax: true,
      minifyWhitespace: true,
      plugins: [withoutWorkflowBundler, withWorkflowThread],
    },
    files: () => ({
      ...nativePartOfWorker(),
      // With which the SDK reads the source map of the workflows.
      ...filesOfPackage('node_modules/@temporalio/worker', 'source-map', ['lib/mappings.wasm']),
      [join(root, 'apps/control-plane/src/http/docs/style.css')]: 'docs/style.css',
      [join(root, 'dist/workflows.js')]: 'workflows.js',
      [join(root, 'dist/bigeye-agent')]: 'bigeye-agent',
    }),
    prepare: async (outDir) => {
      await cp(join(root, 'apps/web/dist'), join(outDir, 'web'), { recursive: true });
      await mkdir(join(outDir, 'volumes/data'), { recursive: true, mode: 0o700 });
    },
  },
  'socket-proxy': { tag: images.socketProxy, workspace: 'apps/socket-proxy' },
  'lineage-plus': {
    tag: agentTypes.LINEAGE_PLUS.image,
    workspace: 'agents/lineage-plus',
    // pg-native is an optional native client of pg, which is not installed.
    options: { ...withCommonJs, external: ['pg-native'] },
    files: () => filesOfPackage('agents/lineage-plus', 'libpg-query', ['libpg-query.wasm']),
  },
  // No part of the product, so without a documented name.
  'demo-warehouse': {
    tag: 'agent-orchestrator-demo/warehouse:latest',
    workspace: 'demo/warehouse',
    options: { ...withCommonJs, external: ['pg-native'] },
    files: () => ({ [join(root, 'demo/warehouse/src/schema.sql')]: 'schema.sql' }),
    prepare: prepareImage,
  },
} satisfies Record<string, ImageContext>;
export type ImageContextName = keyof typeof imageContexts;

/** Fills `outDir`, which is emptied first, with all that the image needs: nothing is fetched while it is built. */
export async function buildContext(name: ImageContextName, outDir: string): Promise<void> {
  const { workspace, programs, options, files, prepare }: ImageContext = imageContexts[name];
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  await bundleInto(programs ?? { main: join(workspace, 'src/main.ts') }, {
    ...options,
    outdir: outDir,
    outExtension: { '.js': '.mjs' },
  });
  for (const [from, to] of Object.entries(files?.() ?? {})) {
    await mkdir(dirname(join(outDir, to)), { recursive: true });
    await copyFile(from, join(outDir, to));
  }
  await prepare?.(outDir);
  await copyFile(join(root, workspace, 'Dockerfile'), join(outDir, 'Dockerfile'));
  await copyLicences(outDir);
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

/** Writes `outDir/bigeye-agent`, one executable file for operators. It is the orchestrator's program without its worker. */
export async function buildExecutable(outDir: string): Promise<void> {
  const outfile = join(outDir, 'bigeye-agent');
  await bundleInto(['apps/cli/src/main.ts'], {
    outfile,
    alias: { '@bigeye/orchestrator': join(root, 'apps/cli/src/host/no-orchestrator.ts') },
    banner: { js: `${launcher}\n${commonJsNames}` },
  });
  await chmod(outfile, 0o755);
  await copyLicences(outDir);
}

function bundleInto(entryPoints: Record<string, string> | string[], options: BuildOptions) {
  return bundle({
    entryPoints,
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'warning',
    ...options,
  });
}

async function copyLicences(outDir: string): Promise<void> {
  for (const name of ['NOTICE', 'LICENSE']) await copyFile(join(root, name), join(outDir, name));
}

/** Files beside the main file of a package, as the workspace that uses it finds it. */
function filesOfPackage(workspace: string, name: string, files: string[]): Record<string, string> {
  const folder = dirname(createRequire(join(root, workspace, 'package.json')).resolve(name));
  return Object.fromEntries(files.map((file) => [join(folder, file), basename(file)]));
}

/** Temporal's core, for this machine's architecture, and where its SDK looks for it. */
function nativePartOfWorker(): Record<string, string> {
  const worker = createRequire(join(root, 'packages/orchestrator/package.json')).resolve('@temporalio/worker');
  const native: string = createRequire(worker)('@temporalio/core-bridge/common').getPrebuiltPath();
  return { [native]: join('releases', basename(dirname(native)), 'index.node') };
}
