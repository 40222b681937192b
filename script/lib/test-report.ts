import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** What `script/test-summary.ts` reads. */
export interface TestReport {
  modules: {
    file: string;
    /** `unit`, `db`, … */
    project: string;
    failed: boolean;
    /** From the start of the file's worker to the end of its last hook. */
    durationMs: number;
    /** `reason`: why it was skipped, as it says itself. */
    tests: { name: string; state: string; reason?: string | undefined }[];
  }[];
}

/** Writes the results to the file that TEST_REPORT names. Vitest's own JSON has no place for why a test was skipped. */
export default class TestReportWriter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const report: TestReport = {
      modules: modules.map((module) => ({
        file: module.moduleId,
        project: module.project.name,
        failed: module.state() === 'failed',
        durationMs: durationOf(module),
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

function durationOf(module: TestModule): number {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } = module.diagnostic();
  return environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration;
}

function reasonOf(test: TestCase): string | undefined {
  const result = test.result();
  return (result.state === 'skipped' ? result.note : undefined) ?? test.meta().skipReason;
}
