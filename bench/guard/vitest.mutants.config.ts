import { defineConfig } from 'vitest/config';

/** The tests that mutants of the guard's policy are tried against: all but those that try requests at random. */
export default defineConfig({
  test: {
    include: [
      'apps/socket-proxy/src/{policy,further-cases,json-reader,config,owners,traffic,edges,tightened,request-head}.test.ts',
    ],
    testTimeout: 10_000,
  },
});
