import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Mutation testing of the policy, on demand: `node bench/guard/mutate.ts [file…]`. Each mutant is one small
 * change to one line, in a copy of the guard; the tests must notice it. Prints the survivors and ends with code 1 if there
 * are any. A number among the arguments, as 10, takes every tenth mutant only.
 */
const policyFiles = ['container-create', 'endpoints', 'json-reader', 'owners', 'policy', 'request-head', 'shape'];
const suites = ['policy', 'cases', 'json-reader', 'config', 'traffic'];
const operators: [RegExp, string][] = [
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ >= /g, ' > '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ < /g, ' <= '],
  [/\bif \(/g, 'if (0 > 1 && '],
  [/\(!(?=[a-z])/g, '('],
  [/\.every\(/g, '.some('],
  [/\boneOf\(false\)/g, 'boolean'],
  [/\boneOf\((?:\[\]|\{\}|0|'')\)/g, '((value) => value)'],
  [/\^\(\?:/g, '(?:'],
  [/\)\$\//g, ')/'],
  [/!'(?=:)/g, "'"],
  [/\btrue\b(?! or)/g, 'false'],
];

const repository = path.join(import.meta.dirname, '../..');
const copy = mkdtempSync(path.join(tmpdir(), 'mutants-'));
const guard = path.join(copy, 'main/apps/socket-proxy');
mkdirSync(path.join(copy, 'main'), { recursive: true });
symlinkSync(path.join(repository, 'node_modules'), path.join(copy, 'main/node_modules'));
symlinkSync(path.join(repository, '../shared'), path.join(copy, 'shared'));
for (const folder of ['src', 'test-tools'])
  cpSync(path.join(repository, 'apps/socket-proxy', folder), path.join(guard, folder), { recursive: true });

const names = process.argv.slice(2).filter((argument) => !/^\d+$/.test(argument));
const every = Number(process.argv.find((argument) => /^\d+$/.test(argument)) ?? 1);
let survived = 0;
let count = 0;
try {
  if (!isGreen()) throw new Error('The tests fail without any mutant.');
  for (const name of names.length > 0 ? names : policyFiles) mutateFile(path.join(guard, 'src', `${name}.ts`));
} finally {
  rmSync(copy, { recursive: true });
}
process.stdout.write(`${count} mutants, ${survived} survived.\n`);
process.exitCode = survived > 0 ? 1 : 0;

function survive(mutant: string): void {
  survived += 1;
  process.stdout.write(`survived: ${mutant}\n`);
}

function mutateFile(file: string): void {
  const original = readFileSync(file, 'utf8');
  let seen = 0;
  for (const [pattern, replacement] of operators)
    for (const { index, 0: found } of original.matchAll(pattern)) {
      const line = original.slice(original.lastIndexOf('\n', index) + 1, original.indexOf('\n', index));
      if (/^\s*(?:\/\/|\*|\/\*\*)|=>.*=> \w+;$|^(?:import|export type|type) /.test(line)) continue;
      seen += 1;
      if (seen % every !== 0) continue;
      writeFileSync(file, original.slice(0, index) + replacement + original.slice(index + found.length));
      count += 1;
      const place = `${path.basename(file)}:${original.slice(0, index).split('\n').length}`;
      if (isGreen()) survive(`${place}  ${found.trim()} → ${replacement.trim()}  in  ${line.trim()}`);
    }
  writeFileSync(file, original);
}

function isGreen(): boolean {
  const tests = suites.map((suite) => `apps/socket-proxy/src/${suite}.test.ts`);
  const args = [
    path.join(repository, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--bail',
    '1',
    '--root',
    path.join(copy, 'main'),
  ];
  const { status } = spawnSync(process.execPath, [...args, '--testTimeout', '8000', ...tests], { timeout: 120_000 });
  return status === 0;
}
