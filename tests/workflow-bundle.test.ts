import { beforeAll, expect, test } from 'vitest';
import { bundleWorkflows } from '../apps/control-plane/src/temporal/bundle-workflows.ts';

/** Temporal evaluates the bundle's modules for each run that it takes up, so what is in it is paid for with every run. */

let code = '';
let modules: string[] = [];
beforeAll(async () => {
  code = (await bundleWorkflows()).replace(/\n\/\/# sourceMappingURL=.*\s*$/, '');
  modules = [...code.matchAll(/^\/\*{3}\/ "\.\/(.+)"/gm)].map(([, file]) => file ?? '');
});

test('of our own code the bundle holds the workflows, their door into the contracts, and how failures are converted', () => {
  expect(modules.filter((file) => !file.includes('node_modules/'))).toEqual([
    'packages/contracts/src/agent-exit-codes.ts',
    'packages/contracts/src/workflow.ts',
    'packages/service-kit/src/failure-converter.ts',
    'packages/workflows/src/final-status.ts',
    'packages/workflows/src/run-job-steps.ts',
    'packages/workflows/src/run-job.ts',
  ]);
});

test('of libraries it holds the SDK and what that needs', () => {
  const libraries = modules.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  expect([...new Set(libraries)].sort()).toEqual([
    '@temporalio/common',
    '@temporalio/workflow',
    'long',
    'ms',
    'nexus-rpc',
  ]);
});

test('it stays below 560 KiB without its map, of which the SDK is about 515', () => {
  expect(code.length / 1024).toBeLessThan(560);
});
