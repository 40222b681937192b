// Prints where the time went, why tests were skipped, and the closing line "N passed, N failed, N skipped". Fails where no test ran, and where
// one was skipped for a reason that is not in script/lib/skip-reasons.ts.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { skipReasons } from './lib/skip-reasons.ts';
import type { TestReport } from './lib/test-report.ts';

const { modules } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as TestReport;
const listed = new Set<string>(Object.values(skipReasons));
const count = { passed: 0, failed: 0, skipped: 0 };
/** Reason → names, with their files. */
const skipped = new Map<string, string[]>();
for (const { file, failed, tests } of modules) {
  // A file that failed before its first test, or after its last one, is a failure of its own.
  if (failed && !tests.some(({ state }) => state === 'failed')) count.failed++;
  for (const { name, state, reason = 'no reason given' } of tests) {
    if (state === 'passed') count.passed++;
    else if (state === 'failed') count.failed++;
    else {
      count.skipped++;
      skipped.set(reason, [...(skipped.get(reason) ?? []), `${relative(process.cwd(), file)}: ${name}`]);
    }
  }
}

const slowFiles = 10;
const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
if (modules.reduce((sum, { durationMs }) => sum + durationMs, 0) > 60_000) {
  const projects = Map.groupBy(modules, ({ project }) => project);
  const sums = Array.from(projects, ([project, files]) => {
    const sum = files.reduce((total, { durationMs }) => total + durationMs, 0);
    return `${project} ${seconds(sum)}`;
  });
  console.log(`time of the files: ${sums.join(', ')}; the longest:`);
  for (const { file, durationMs } of modules.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, slowFiles))
    console.log(`  ${seconds(durationMs).padStart(6)}  ${relative(process.cwd(), file)}`);
}
for (const [reason, names] of skipped) {
  console.log(`skipped, ${reason}:`);
  for (const name of names) console.log(`  ${name}`);
}
const unlisted = [...skipped.keys()].filter((reason) => !listed.has(reason));
if (unlisted.length > 0) {
  console.log(`✗ Skipped for a reason that is not in script/lib/skip-reasons.ts: ${unlisted.join('; ')}.`);
  console.log(
    '  Bring what those tests need, or give them a reason of that list; script/lib/skip-reasons.ts says how.',
  );
}
console.log(`${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`);
if (count.passed === 0 || count.failed > 0 || unlisted.length > 0) process.exitCode = 1;
