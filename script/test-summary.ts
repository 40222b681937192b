// Prints why tests were skipped, and the closing line "N passed, N failed, N skipped". Fails where no test ran.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

interface Report {
  numFailedTestSuites: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; meta?: { skipReason?: string } }[];
  }[];
}

const report = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Report;
const count = { passed: 0, failed: 0, skipped: 0 };
const skippedByFile = new Map<string, string[]>();
for (const { name, status, assertionResults } of report.testResults) {
  // A file that failed before its first test is a failure of its own.
  if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) count.failed++;
  for (const test of assertionResults) {
    if (test.status === 'passed') count.passed++;
    else if (test.status === 'failed') count.failed++;
    else {
      count.skipped++;
      const file = relative(process.cwd(), name);
      skippedByFile.set(file, [...(skippedByFile.get(file) ?? []), test.fullName]);
    }
  }
}
for (const [file, names] of skippedByFile) {
  console.log(`skipped in ${file}:`);
  for (const name of names) console.log(`  ${name}`);
}
console.log(`${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`);
if (count.passed === 0 || count.failed > 0) process.exitCode = 1;
