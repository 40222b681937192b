import { defineConfig } from 'vitest/config';

/** One project per need, so that `script/test unit` runs in seconds and `script/test` runs everything. */
interface Need {
  name: string;
  include: string[];
  exclude?: string[];
  testTimeout?: number;
  /** Starts what all files of the project share. */
  globalSetup?: string;
  /** For what shares the machine's Docker engine: one file after the other, after everything else. */
  alone?: number;
}

const project = ({ name, include, exclude = [], testTimeout = 20_000, globalSetup, alone }: Need) => ({
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 20_000 } },
    exclude: ['**/node_modules/**', '**/dist/**', ...exclude],
    ...(globalSetup ? { globalSetup } : {}),
    ...(alone ? { fileParallelism: false, sequence: { groupOrder: alone } } : { sequence: { groupOrder: 0 } }),
  },
});

const needs = ['**/*.{db,temporal,ui,docker,e2e}.test.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project({ name: 'unit', include: ['**/*.test.ts', '**/*.test.tsx'], exclude: needs }),
      project({
        name: 'db',
        include: ['**/*.db.test.ts'],
        testTimeout: 60_000,
        globalSetup: 'tests/support/postgres-servers.ts',
      }),
      project({ name: 'temporal', include: ['**/*.temporal.test.ts'], testTimeout: 120_000 }),
      project({ name: 'ui', include: ['**/*.ui.test.ts'], testTimeout: 240_000 }),
      project({ name: 'docker', include: ['**/*.docker.test.ts'], testTimeout: 180_000, alone: 1 }),
      project({ name: 'e2e', include: ['**/*.e2e.test.ts'], testTimeout: 240_000, alone: 2 }),
    ],
  },
});
