// Writes NOTICE: what is shipped that others wrote, under which licence, with its text, from the installed packages.
//   node script/notice.ts           writes it
//   node script/notice.ts --check   fails where it is not as it would be written, or a licence is not one we know
// --root names another repository than this one.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import satisfies from 'spdx-satisfies';

const { values: flags } = parseArgs({ options: { check: { type: 'boolean' }, root: { type: 'string' } } });
const root = flags.root ?? join(import.meta.dirname, '..');
const file = join(root, 'NOTICE');

/** What is handed out → the workspaces in it. */
const shipped = {
  'bigeye-agent': ['apps/cli', 'packages/orchestrator'],
  'control plane': ['apps/control-plane'],
  'web UI': ['apps/web'],
  guard: ['apps/socket-proxy'],
  'lineage-plus': ['agents/lineage-plus'],
};

/** Each of them asks for no more than to be named and to have its text along. */
const known = [
  ...['MIT', 'MIT-0', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'CC0-1.0'],
  ...['Unlicense', 'Zlib', 'PostgreSQL'],
];
/** Those that ask for more, looked at one by one: package → licence, and what holds for it. */
const looked: Record<string, [licence: string, why: string]> = {
  unionfs: ['Unlicense', 'named in its LICENSE only'],
  'caniuse-lite': ['CC-BY-4.0', 'data, unchanged'],
};

interface Entry {
  version?: string;
  license?: string;
  link?: boolean;
  resolved?: string;
  os?: string[];
  cpu?: string[];
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Entry> };

/** As Node looks it up: beside whoever asks, then further up. */
function placeOf(from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    const entry = lock.packages[place];
    if (entry) return entry.link ? entry.resolved : place;
    if (folder === '') return undefined;
  }
}

function allBelow(place: string, found = new Set<string>()): Set<string> {
  if (found.has(place)) return found;
  found.add(place);
  const { dependencies, optionalDependencies } = lock.packages[place] ?? {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const next = placeOf(place, name);
    if (next) allBelow(next, found);
  }
  return found;
}

interface Part {
  name: string;
  version: string;
  licence: string;
  source: string;
  text: string;
  in: string[];
}

function partOf(place: string, users: string[]): Part {
  const entry = lock.packages[place] ?? {};
  const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const common = { name, version: entry.version ?? '', in: users };
  // Installed on one kind of machine only, so that its files cannot be read everywhere: the package that asks for it says the same.
  if (entry.os || entry.cpu) return { ...common, licence: entry.license ?? '', source: '', text: '' };
  const folder = join(root, place);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    license?: string | { type?: string };
    repository?: string | { url?: string };
    author?: string | { name?: string };
  };
  const { license, repository, author } = manifest;
  const files = readdirSync(folder).filter((one) => /^(licen[cs]e|copying|notice|copyright)([.-]|$)/i.test(one));
  const text = files
    .sort()
    .map((one) => readFileSync(join(folder, one), 'utf8').replaceAll('\r', '').trim())
    .join('\n\n');
  const writer = typeof author === 'string' ? author : author?.name;
  return {
    ...common,
    licence: (typeof license === 'string' ? license : license?.type) ?? entry.license ?? looked[name]?.[0] ?? '',
    source: ((typeof repository === 'string' ? repository : repository?.url) ?? '').replace(/^git\+|\.git$/g, ''),
    text: text || `(The package has no text of its licence.${writer ? ` Written by ${writer}.` : ''})`,
  };
}

function isKnown({ name, licence }: Part): boolean {
  const allowed = [...known, ...(looked[name] ? [looked[name][0]] : [])];
  try {
    return satisfies(licence, allowed);
  } catch {
    return false;
  }
}

const users = new Map<string, string[]>();
for (const [thing, workspaces] of Object.entries(shipped))
  for (const place of new Set(workspaces.flatMap((workspace) => [...allBelow(workspace)])))
    if (place.includes('node_modules/')) users.set(place, [...(users.get(place) ?? []), thing]);
const parts = [...users]
  .map(([place, things]) => partOf(place, things))
  .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));

const unknown = parts.filter((part) => !isKnown(part));
if (unknown.length > 0) {
  for (const { name, version, licence, in: things } of unknown)
    console.error(`${name} ${version}, shipped in ${things.join(', ')}: the licence "${licence}" is not known`);
  console.error('Read it. If we may ship it, add it to script/notice.ts; else do without that package.');
  process.exit(1);
}

const notice = render(parts);
if (!flags.check) writeFileSync(file, notice);
else if (read(file) !== notice) {
  console.error('NOTICE is not what is shipped. Run "node script/notice.ts" and commit it.');
  process.exit(1);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function render(all: Part[]): string {
  const byText = Map.groupBy(
    all.filter(({ text }) => text !== ''),
    ({ text }) => text,
  );
  const nameOf = ({ name, version }: Part) => `${name} ${version}`;
  const lines = all.map((part) => {
    const why = looked[part.name]?.[1];
    const facts = [`${nameOf(part)}: ${part.licence}`, `in ${part.in.join(', ')}`, part.source, why];
    return facts.filter(Boolean).join('; ');
  });
  const texts = [...byText].map(([text, group]) => `${'-'.repeat(80)}\n${group.map(nameOf).join('\n')}\n\n${text}\n`);
  return `Agent Orchestrator
Licensed under the Apache License 2.0 (LICENSE).

It is shipped together with the packages below, each under its own licence. Made by script/notice.ts; the images also
hold Node.js and Debian, whose licences lie in /usr/share/doc and /usr/local/LICENSE of the image they are built on.

${lines.join('\n')}

${texts.join('\n')}`;
}
