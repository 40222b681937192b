import { defineConfig } from 'vitest/config';

/** One project per need, so that `script/test unit` runs in seconds and `script/test` runs everything. */
const project = (name: string, include: string[], exclude: string[] = [], testTimeout = 20_000) => ({
  test: { name, include, exclude: ['**/node_modules/**', '**/dist/**', ...exclude], testTimeout, hookTimeout: 120_000 },
});

const needs = ['**/*.db.test.ts', '**/*.temporal.test.ts', '**/*.docker.test.ts', '**/*.e2e.test.ts'];

export default defineConfig({
  test: {
    projects: [
      project('unit', ['**/*.test.ts', '**/*.test.tsx'], needs),
      project('db', ['**/*.db.test.ts'], [], 60_000),
      project('temporal', ['**/*.temporal.test.ts'], [], 120_000),
      project('docker', ['**/*.docker.test.ts'], [], 180_000),
      project('e2e', ['**/*.e2e.test.ts'], [], 600_000),
    ],
  },
});
