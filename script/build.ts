// Builds everything that is not run from its sources: the CLI, the web UI, the workflow bundle and the images.
//   node script/build.ts [cli] [web] [workflows] [images]     (nothing named: all)
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { buildContext, buildExecutable, type ImageContextName, imageContexts } from './lib/bundles.ts';

const run = promisify(execFile);
const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

const steps: Record<string, () => Promise<void>> = {
  cli: () => buildExecutable(dist),
  web: buildWeb,
  workflows: buildWorkflows,
  images: async () => {
    const base = (await readFile(join(root, '.tools/base-image'), 'utf8')).trim();
    for (const [name, { tag }] of Object.entries(imageContexts)) {
      const folder = join(dist, name);
      await buildContext(name as ImageContextName, folder);
      const before = await imageId(tag);
      await run('docker', ['build', '--quiet', '--build-arg', `BASE_IMAGE=${base}`, '--tag', tag, folder]);
      // What the tag meant before would stay as an image without a name. Kept where a container still uses it.
      if (before && before !== (await imageId(tag)))
        await run('docker', ['image', 'rm', before]).catch(() => undefined);
      console.log(`image ${tag}`);
    }
  },
};

const imageId = (tag: string): Promise<string | undefined> =>
  run('docker', ['image', 'inspect', '--format', '{{.Id}}', tag]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );

/** Only when its sources changed: a running control plane serves these files. */
async function buildWeb(): Promise<void> {
  const folder = join(root, 'apps/web');
  const stamp = join(folder, 'dist/sources.sha256');
  const sources = await hashOf([
    'apps/web/src',
    'packages/contracts/src',
    'apps/web/index.html',
    'apps/web/vite.config.ts',
    'package-lock.json',
    'NOTICE',
  ]);
  if ((await readFile(stamp, 'utf8').catch(() => '')) === sources) return;
  await run('npx', ['vite', 'build', '--logLevel', 'error'], { cwd: folder });
  await copyFile(join(root, 'NOTICE'), join(folder, 'dist/assets/NOTICE.txt'));
  await compressFiles(join(folder, 'dist/assets'));
  await writeFile(stamp, sources);
}

/** Beside each file its short forms, made once with all effort; the server sends the one that the browser takes. */
async function compressFiles(folder: string): Promise<void> {
  for (const file of await filesBelow(folder)) {
    const content = await readFile(file);
    await writeFile(
      `${file}.br`,
      await brotli(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    );
    await writeFile(`${file}.gz`, await gzipped(content, { level: constants.Z_BEST_COMPRESSION }));
  }
}

async function hashOf(paths: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const full = join(root, path);
    const files = (await stat(full)).isFile() ? [full] : await filesBelow(full);
    for (const file of files.sort()) hash.update(file).update(await readFile(file));
  }
  return hash.digest('hex');
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** One file for all processes, so that none has to bundle at its start. */
async function buildWorkflows(): Promise<void> {
  const { bundleWorkflows } = await import('../apps/control-plane/src/temporal/bundle-workflows.ts');
  await mkdir(dist, { recursive: true });
  await writeFile(join(dist, 'workflows.js'), await bundleWorkflows());
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(steps, name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
for (const [name, build] of Object.entries(steps)) if (asked.length === 0 || asked.includes(name)) await build();
