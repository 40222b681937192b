import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { followRecipe, readRecipe } from './support/recipe.ts';

/**
 * CONTRIBUTING.md says which files an agent type and a connector need. Here both are added to a copy of the repository by
 * these files and no other; then everything must compile, and know them.
 */

const root = join(import.meta.dirname, '..');
const copy = mkdtempSync(join(tmpdir(), 'recipes-'));
const home = join(copy, '.data/host');
const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
const recipes = {
  agent: readRecipe(contributing, 'Add an agent type'),
  connector: readRecipe(contributing, 'Add a connector'),
};

beforeAll(() => {
  copyRepository();
  for (const recipe of Object.values(recipes)) followRecipe(copy, recipe);
  mkdirSync(home, { recursive: true });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** The tracked files, with the libraries of the original and the workspaces of the copy. */
function copyRepository(): void {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  for (const file of files
    .split('\n')
    .filter((name) => name && !name.endsWith('.md') && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  linkModules('.');
  for (const folder of ['apps', 'packages', 'agents', 'demo'])
    for (const workspace of readdirSync(join(root, folder))) linkModules(join(folder, workspace));
}

function linkModules(workspace: string): void {
  const from = join(root, workspace, 'node_modules');
  if (!existsSync(from)) return;
  const to = join(copy, workspace, 'node_modules');
  mkdirSync(to, { recursive: true });
  // The links of @bigeye lead from there to the workspaces beside them, so they are copied as they are.
  for (const name of readdirSync(from))
    if (name === '@bigeye') cpSync(join(from, name), join(to, name), { recursive: true, verbatimSymlinks: true });
    else symlinkSync(join(from, name), join(to, name));
}

/** Runs the source text of a module in the copy; gives back what it passes to `answer`. */
function inCopy(source: string): unknown {
  const file = join(copy, `asked-${process.hrtime.bigint()}.ts`);
  writeFileSync(file, `const answer = (value: unknown) => console.log(JSON.stringify(value));\n${source}`);
  const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: copy, encoding: 'utf8' });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout);
}

function bigeyeAgent(...args: string[]): string {
  const bin = join(copy, '.data/bin');
  mkdirSync(bin, { recursive: true });
  // Every image is there already.
  writeFileSync(join(bin, 'docker'), '#!/bin/sh\necho "[{}]"\n');
  chmodSync(join(bin, 'docker'), 0o755);
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const main = join(copy, 'apps/cli/src/main.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, '--home', home, ...args], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

test('each recipe adds the two files of its descriptor and a line or two to the lists', () => {
  const own = (path: string) => /row-counts|mysql/.test(path);
  const changed = Object.values(recipes).flatMap((recipe) => recipe.filter(({ path }) => !own(path)));
  expect(changed.map(({ path, lines }) => [path, lines.filter((line) => /^[+-]/.test(line)).length])).toEqual([
    ['packages/contracts/src/agent-types.ts', 2],
    ['packages/host-kit/src/agents-on-host.ts', 2],
    ['script/lib/bundles.ts', 1],
    ['packages/contracts/src/connector-types.ts', 2],
    ['packages/host-kit/src/connectors-on-host.ts', 2],
  ]);
});

test.each(['tsconfig.recipes.json', 'apps/web'])('%s compiles with them', { timeout: 120_000 }, (project) => {
  // The root's own project without the tests, which are most of it and are not asked here.
  const include = ['packages/*/src', 'apps/*/src', 'agents/*/src', 'script'];
  const exclude = ['apps/web', '**/*.test.ts', '**/testing', 'packages/testkit', '**/node_modules'];
  const settings = { extends: './tsconfig.base.json', include, exclude };
  writeFileSync(join(copy, 'tsconfig.recipes.json'), JSON.stringify(settings));
  const { stdout } = spawnSync('npx', ['tsc', '-p', project], { cwd: copy, encoding: 'utf8' });
  expect(stdout).toBe('');
});

describe('with them', () => {
  test('the CLI installs the agent and adds a connection', { timeout: 60_000 }, () => {
    expect(bigeyeAgent('install', '--help')).toContain('ROW_COUNTS');
    expect(bigeyeAgent('install', '--agent', 'ROW_COUNTS')).toContain('Row Counts is installed.');
    writeFileSync(join(home, 'password'), 's3cret-word');
    const values = ['--name', 'shop', '--host', 'db', '--database', 'd', '--username', 'u', '--charset', 'latin1'];
    const added = bigeyeAgent(
      'add-connector',
      '-c',
      'mysql',
      '-sv',
      ...values,
      '--password-file',
      join(home, 'password'),
    );
    expect(added).toContain('Added mysql: shop.');
    const written = readFileSync(join(home, 'bigeye_agent.yml'), 'utf8');
    expect(written).toMatch(/row_counts: \{\}/);
    expect(written).toMatch(/mysql:\n {4}- name: shop\n {6}host: db\n {6}port: 3306\n {6}database: d\n/);
  });

  test('a value that only another connector has is refused, not left out', () => {
    const values = ['--name', 'x', '--host', 'db', '--database', 'd', '--username', 'u', '--password', 'p'];
    expect(() => bigeyeAgent('add-connector', '-c', 'mysql', '-sv', ...values, '--sslmode', 'disable')).toThrow(
      /^error USAGE: --sslmode: a mysql connection has no such value\./,
    );
  });

  test('the host reports both, plans a run, and knows what to mask', () => {
    const answer = inCopy(`
      import { hostHomeAt, loadAgentFile, managedAgentsOf, planAgentRun, secretsOfHost } from '@bigeye/host-kit';
      const { settings } = loadAgentFile(hostHomeAt('${home}'));
      const host = { hostId: 'h', apiUrl: 'http://cp', agentApiKey: 'k', gatewayAddress: '', hostApiUrl: '' } as never;
      const parameters = { connector: 'mysql', connectionName: 'shop' };
      const input = { protocolVersion: 1, runId: 'r', jobId: 'j', hostId: 'h', agentType: 'ROW_COUNTS', parameters } as never;
      answer({
        managed: managedAgentsOf(settings),
        plan: planAgentRun(input, host, settings),
        secrets: secretsOfHost(host, settings),
      });`) as Record<string, unknown>;
    expect(answer).toMatchObject({
      managed: [
        {
          type: 'ROW_COUNTS',
          image: expect.stringMatching(/^bigeyedata\/row-counts:/),
          connections: [{ connector: 'mysql', name: 'shop' }],
        },
      ],
      plan: {
        command: ['run', '-c', 'mysql'],
        files: {
          'run.json': expect.stringContaining('ROW_COUNTS'),
          'mysql.properties': expect.stringContaining('mysql.password.1=s3cret-word\nmysql.charset.1=latin1'),
        },
      },
      secrets: ['k', 's3cret-word'],
    });
  });

  test('the control plane takes a job of it, names its image, and says how a host gets it', () => {
    const answer = inCopy(`
      import { describeError, JobInput } from '@bigeye/contracts';
      import { hostSetupOf } from './apps/control-plane/src/hosts/host-setup.ts';
      import { createJob } from './apps/control-plane/src/jobs/write-job.ts';
      const managedAgents = [{ type: 'ROW_COUNTS', image: 'x', connections: [] }];
      const hostStore = { getAbilities: async () => ({ id: 'h', isRevoked: false, managedAgents }) };
      const jobStore = { insertJob: async (input: unknown) => input, getJob: async (input: unknown) => input };
      const parameters = { connector: 'mysql', connectionName: 'shop' };
      const input = JobInput.parse({ name: 'j', hostId: 'h', agentType: 'ROW_COUNTS', parameters });
      answer({
        job: await createJob({ hostStore, jobStore } as never, input, 'me'),
        images: hostSetupOf([], { caFingerprint: '', cli: undefined }).images,
        remedy: describeError('HOST_NOT_ELIGIBLE', { hostId: 'h', agentType: 'ROW_COUNTS' }).remedy,
      });`);
    expect(answer).toMatchObject({
      job: { agentType: 'ROW_COUNTS', parameters: { connector: 'mysql', connectionName: 'shop' } },
      images: expect.arrayContaining([expect.stringMatching(/^bigeyedata\/row-counts:/)]),
      remedy: 'On h, run "bigeye-agent install --agent ROW_COUNTS".',
    });
  });

  test('the UI has its form and the commands for both', () => {
    const answer = inCopy(`
      import { batchAgent } from '@bigeye/contracts';
      import { connectorCommands, installCommands } from './apps/web/src/features/hosts/register-commands.ts';
      import { parameterFieldsOf } from './apps/web/src/features/jobs/parameter-fields.ts';
      answer({
        fields: parameterFieldsOf('ROW_COUNTS' as never).map(({ label }) => label),
        suggests: batchAgent('ROW_COUNTS' as never).suggests,
        install: installCommands.map(({ name, command }) => [name, command]),
        connect: connectorCommands.map(({ name, command }) => [name, command]),
      });`);
    expect(answer).toEqual({
      fields: ['Connector', 'Connection name'],
      suggests: { connector: 'connectors', connectionName: 'connection names' },
      install: [
        ['Lineage Plus', './bigeye-agent install --agent LINEAGE_PLUS'],
        ['Row Counts', './bigeye-agent install --agent ROW_COUNTS'],
      ],
      connect: [
        ['PostgreSQL', './bigeye-agent add-connector -c postgres'],
        ['MySQL', './bigeye-agent add-connector -c mysql'],
      ],
    });
  });

  test('the context of its image is built, from the program of the recipe', () => {
    const context = join(copy, '.data/context');
    inCopy(`
      import { buildContext } from './script/lib/bundles.ts';
      await buildContext('row-counts' as never, '${context}');
      answer('built');`);
    expect(readdirSync(context).sort()).toEqual(['Dockerfile', 'LICENSE', 'NOTICE', 'main.mjs']);
  });
});
