import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { productVersion } from '@bigeye/contracts';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildContext } from '../script/lib/bundles.ts';

/** Rules of the repository itself. What a tool enforces is proven by planting what it must find. */

const root = join(import.meta.dirname, '..');
const planted: string[] = [];
function removePlanted(): void {
  for (const file of planted.splice(0)) {
    rmSync(file, { force: true });
    // A folder that was made for it goes too; any other is not empty.
    if (readdirSync(dirname(file)).length === 0) rmdirSync(dirname(file));
  }
}
afterEach(removePlanted);

function plant(file: string, content: string): void {
  planted.push(join(root, file));
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
}

function dependencyCruiser(...paths: string[]): string {
  const args = ['depcruise', '--no-progress', '--config', '.dependency-cruiser.cjs', ...paths];
  return spawnSync('npx', args, { cwd: root, encoding: 'utf8' }).stdout;
}

const violations: [string, string, string][] = [
  ['packages/contracts/src/planted.ts', "import '@bigeye/service-kit';", 'packages-contracts-imports'],
  ['packages/contracts/src/planted.ts', "import 'node:fs';", 'contracts-and-workflows-run-anywhere'],
  ['packages/workflows/src/planted.ts', "import 'node:crypto';", 'contracts-and-workflows-run-anywhere'],
  ['packages/workflows/src/planted.ts', "import '@bigeye/host-kit';", 'packages-workflows-imports'],
  ['packages/workflows/src/planted.ts', "import type {} from '@bigeye/contracts';", 'workflows-use-their-door'],
  ['packages/service-kit/src/planted.ts', "import type {} from '@bigeye/host-kit';", 'packages-service-kit-imports'],
  ['packages/host-kit/src/planted.ts', "import '@bigeye/orchestrator';", 'packages-host-kit-imports'],
  ['packages/host-kit/src/planted.ts', "import '@bigeye/testkit';", 'testkit-in-tests-only'],
  ['packages/agent-kit/src/planted.ts', "import '@bigeye/service-kit';", 'packages-agent-kit-imports'],
  ['packages/server-kit/src/planted.ts', "import '@bigeye/service-kit';", 'packages-server-kit-imports'],
  ['apps/cli/src/planted.ts', "import '@bigeye/orchestrator';", 'cli-loads-orchestrator-in-serve-only'],
  ['apps/cli/src/planted.ts', "import '../../control-plane/src/config.ts';", 'apps-cli-imports'],
  ['apps/socket-proxy/src/planted.ts', "import '@bigeye/contracts';", 'apps-socket-proxy-imports'],
  ['apps/control-plane/src/planted.ts', "import '@bigeye/host-kit';", 'apps-control-plane-imports'],
  [
    'apps/control-plane/src/planted.ts',
    "import { sql } from 'kysely';\nconsole.log(sql);",
    'only-stores-and-db-speak-sql',
  ],
  ['apps/control-plane/src/planted.ts', "import '@temporalio/client';", 'only-temporal-folders-know-temporal'],
  ['apps/web/src/planted.ts', "import '@bigeye/service-kit';", 'apps-web-imports'],
  ['agents/lineage-plus/src/planted.ts', "import '@bigeye/host-kit';", 'agents--imports'],
  [
    'packages/orchestrator/src/planted.ts',
    "import '../../host-kit/src/containers/engine-client.ts';",
    'only-host-kit-containers-speaks-the-engine-api',
  ],
  ...(
    [
      ['db', 'http/listen.ts'],
      ['http', 'hosts/host-store.ts'],
      ['http', 'config.ts'],
      ['keys', 'hosts/host-store.ts'],
      ['audit', 'access/authenticate.ts'],
      ['access', 'hosts/registration-key-store.ts'],
      ['hosts', 'runs/run-store.ts'],
      ['jobs', 'runs/run-store.ts'],
      ['runs', 'lineage/lineage-store.ts'],
      ['lineage', 'temporal/payload-reader.ts'],
      ['temporal', 'gateway/refusal.ts'],
      ['gateway', 'temporal/payload-reader.ts'],
      ['roles', 'start-control-plane.ts'],
    ] as const
  ).map(([room, above]): [string, string, string] => [
    `apps/control-plane/src/${room}/planted.ts`,
    `import type {} from '../${above}';`,
    `control-plane-${room}-imports-downward`,
  ]),
  [
    'apps/control-plane/src/attic/planted.ts',
    "import type {} from '../db/tables.ts';",
    'control-plane-folder-has-a-floor',
  ],
];

describe('who may import whom', () => {
  const fileOf = (index: number) => (violations[index]?.[0] ?? '').replace('planted.ts', `planted-${index}.ts`);
  let found = '';

  // All at once: starting the tool takes longer than its work.
  beforeAll(() => {
    violations.forEach(([, content], index) => {
      plant(fileOf(index), `${content}\n`);
    });
    found = dependencyCruiser('packages', 'apps', 'agents');
    removePlanted();
  });

  test.each(violations.map(([file, content, rule], index) => ({ file, content, rule, index })))(
    '$file with $content is found ($rule)',
    ({ rule, index }) => {
      expect(found).toContain(`${rule}: ${fileOf(index)}`);
    },
  );

  test('without anything planted nothing is found', () => {
    expect(dependencyCruiser('packages', 'apps', 'agents', 'demo', 'tests', 'bench', 'script')).toMatch(
      /no dependency violations found/,
    );
  });
});

const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

test('contracts and workflows compile without Node and without a DOM', () => {
  plant('packages/contracts/src/planted.ts', 'export const x = [process.pid, document.title];\n');
  const { stdout, status } = spawnSync('npx', ['tsc', '-p', 'packages/contracts'], { cwd: root, encoding: 'utf8' });
  expect(status).not.toBe(0);
  expect(stdout).toMatch(/Cannot find name 'process'/);
  expect(stdout).toMatch(/Cannot find name 'document'/);
});

test('an object literal is not spread into another one; a spread with a condition may be', () => {
  plant('tests/planted-spread.tsx', 'export const a = { ...{ b: 1 } };\nexport const c = <div {...{ id: 1 }} />;\n');
  plant('tests/planted-condition.ts', 'export const a = (b: boolean) => ({ ...(b ? { c: 1 } : {}) });\n');
  const args = ['biome', 'lint', '--only=plugin', 'tests/planted-spread.tsx', 'tests/planted-condition.ts'];
  const { stdout, stderr } = spawnSync('npx', args, { cwd: root, encoding: 'utf8' });
  const found = `${stdout}${stderr}`.match(/^tests\/planted\S+ plugin/gm);
  expect(found).toEqual(['tests/planted-spread.tsx:1:20 plugin', 'tests/planted-spread.tsx:2:23 plugin']);
});

test('every workspace has the version of the product', () => {
  for (const file of tracked.filter((name) => name.endsWith('package.json')))
    expect([file, (JSON.parse(textOf(file)) as { version: string }).version]).toEqual([file, productVersion]);
});

test('deploy/ names the image of this version', () => {
  const files = tracked.filter((file) => file.startsWith('deploy/'));
  const named = files.flatMap((file) => [...textOf(file).matchAll(/agent-orchestrator-control-plane:([\w.]+)/g)]);
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter(([, version]) => version !== productVersion)).toEqual([]);
});

test('the lock file holds no download addresses', () => {
  expect(textOf('package-lock.json')).not.toMatch(/"resolved": "http/);
});

test('no source file is longer than about 300 lines', () => {
  const long = tracked
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
    .map((file) => [file, textOf(file).split('\n').length] as const)
    .filter(([, lines]) => lines > 320);
  expect(long).toEqual([]);
});

test('what the documents name by its path is there', () => {
  const named = tracked
    .filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md')
    .flatMap((file) =>
      // A code span with a path; one with a placeholder in it is a pattern.
      [...textOf(file).matchAll(/`((?:packages|apps|agents|tests|script|docs|bench|demo)\/[\w./-]+)`/g)].map(
        ([, path = '']) => [file, path] as const,
      ),
    );
  expect(named.length).toBeGreaterThan(100);
  // What the recipes in CONTRIBUTING.md add.
  const ofTheRecipe = /row-counts/;
  // Of what is tracked: a folder that only this machine has left would hide one that moved.
  const isThere = (path: string) =>
    tracked.some((file) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`));
  expect(named.filter(([, path]) => !ofTheRecipe.test(path) && !isThere(path))).toEqual([]);
});

test('a folder has one public door, and nothing is named for what it is not', () => {
  const doors = tracked.filter((file) => /(^|\/)index\.tsx?$/.test(file));
  expect(doors.filter((file) => !/^packages\/[^/]+\/src\/index\.ts$/.test(file))).toEqual([]);
  expect(tracked.filter((file) => /(^|[-/])(utils?|helpers?|common|manager)([-./]|$)/i.test(file))).toEqual([]);
});

describe('licences of what is shipped', () => {
  const check = (licence: string, text = 'Permission is granted.') => {
    const folder = mkdtempSync(join(tmpdir(), 'notice-'));
    try {
      const place = join(folder, 'node_modules/part');
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'part', version: '1.0.0', license: licence }));
      writeFileSync(join(place, 'LICENSE'), text);
      const packages = {
        'apps/web': { dependencies: { part: '1.0.0' } },
        'node_modules/part': { version: '1.0.0', license: licence },
      };
      writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
      const run = (...more: string[]) =>
        spawnSync(process.execPath, [join(root, 'script/notice.ts'), '--root', folder, ...more], { encoding: 'utf8' });
      const stale = run('--check');
      run();
      const fresh = run('--check');
      const notice = fresh.status === 0 ? readFileSync(join(folder, 'NOTICE'), 'utf8') : '';
      return { stale, fresh, notice };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('one that is not known fails the check, by name', () => {
    for (const licence of ['SSPL-1.0', 'GPL-3.0-only', 'MIT AND AGPL-3.0-only', 'SEE LICENSE IN x', '']) {
      const { fresh } = check(licence);
      expect(fresh.status).toBe(1);
      expect(fresh.stderr).toContain(`part 1.0.0, shipped in web UI: the licence "${licence}" is not known`);
    }
  });

  test('NOTICE holds name, licence and text of each package, and the check fails where it does not', () => {
    const { stale, notice } = check('(MIT OR GPL-3.0-only)', 'Copyright A. Writer');
    expect(stale.status).toBe(1);
    expect(stale.stderr).toContain('node script/notice.ts');
    expect(notice).toContain('part 1.0.0: (MIT OR GPL-3.0-only); in web UI');
    expect(notice).toContain('Copyright A. Writer');
  });

  test("the guard's image comes with NOTICE", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'notice-build-'));
    try {
      await buildContext('socket-proxy', folder);
      expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toContain('NOTICE');
      expect(readFileSync(join(folder, 'NOTICE'), 'utf8')).toBe(readFileSync(join(root, 'NOTICE'), 'utf8'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
