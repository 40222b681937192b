import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** What `script/test-summary.ts` reads. `reason`: why a test was skipped, as it says itself. */
export interface TestReport {
  modules: { file: string; failed: boolean; tests: { name: string; state: string; reason?: string | undefined }[] }[];
}

/** Writes the results to the file that TEST_REPORT names. Vitest's own JSON has no place for why a test was skipped. */
export default class TestReportWriter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const report: TestReport = {
      modules: modules.map((module) => ({
        file: module.moduleId,
        failed: module.state() === 'failed',
        tests: Array.from(module.children.allTests(), (test) => ({
          name: test.fullName,
          state: test.result().state,
          reason: reasonOf(test),
        })),
      })),
    };
    writeFileSync(process.env.TEST_REPORT ?? 'test-report.json', JSON.stringify(report));
  }
}

function reasonOf(test: TestCase): string | undefined {
  const result = test.result();
  return (result.state === 'skipped' ? result.note : undefined) ?? test.meta().skipReason;
}
