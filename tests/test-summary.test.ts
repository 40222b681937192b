import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { skipReasons } from '../script/lib/skip-reasons.ts';

/** What `script/test` says at its end, from real runs of small files. */

const root = join(import.meta.dirname, '..');

function summaryOf(content: string): { output: string; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'test-summary-'));
  try {
    writeFileSync(join(folder, 'some.test.ts'), content);
    const report = join(folder, 'report.json');
    const reporter = `--reporter=${join(root, 'script/lib/test-report.ts')}`;
    const args = ['vitest', 'run', '--root', folder, '--globals', reporter];
    const run = spawnSync('npx', args, { cwd: root, encoding: 'utf8', env: { ...process.env, TEST_REPORT: report } });
    expect(run.stderr).not.toContain('Failed to load');
    const summary = spawnSync(process.execPath, ['script/test-summary.ts', report], { cwd: root, encoding: 'utf8' });
    expect(summary.stderr).toBe('');
    return { output: summary.stdout, status: summary.status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a skip for a listed reason is told with it, however it was given, and fails nothing', () => {
  const { output, status } = summaryOf(`
    test('runs', () => {});
    describe.skipIf(true)('beside Go', { meta: { skipReason: '${skipReasons.noGo}' } }, () => test('agrees', () => {}));
    test('reads the corpus', ({ skip }) => skip('${skipReasons.noCorpora}'));
  `);
  expect(output).toContain(`skipped, ${skipReasons.noGo}:\n`);
  expect(output).toContain('some.test.ts: beside Go > agrees\n');
  expect(output).toContain(`skipped, ${skipReasons.noCorpora}:\n`);
  expect(output.trimEnd().split('\n').at(-1)).toBe('1 passed, 0 failed, 2 skipped');
  expect(status).toBe(0);
});

test.each([
  ['none', 'no reason given', "test.skip('later', () => {})"],
  ['"todo"', 'no reason given', "test.todo('later')"],
  ['one of its own', 'too slow here', "test('later', ({ skip }) => skip('too slow here'))"],
])('a skip with %s as its reason fails, and the list is named', (_, reason, skipping) => {
  const { output, status } = summaryOf(`test('runs', () => {}); ${skipping};`);
  expect(output).toContain(`not in script/lib/skip-reasons.ts: ${reason}.`);
  expect(output).toContain('some.test.ts: later');
  expect(status).toBe(1);
});

test.each([
  ['a test that failed', "test('a', () => {}); test('b', () => { throw new Error('no'); });", '1 passed, 1 failed'],
  ['a file that failed before its tests', "test('a', () => {}); throw new Error('no');", '0 passed, 1 failed'],
  ['a file that failed after its tests', "test('a', () => {}); afterAll(() => { throw 1; });", '1 passed, 1 failed'],
  [
    'no test at all that ran',
    `test.skip('a', { meta: { skipReason: '${skipReasons.noGo}' } }, () => {});`,
    '1 skipped',
  ],
])('%s fails the summary', (_, content, line) => {
  const { output, status } = summaryOf(content);
  expect(output.trimEnd().split('\n').at(-1)).toContain(line);
  expect(status).toBe(1);
});
