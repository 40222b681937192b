import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostId } from '@bigeye/contracts';
import { hostHomeAt, mostSlots, planGuardPolicy, runSlotsOf, streamsOfRun } from '@bigeye/host-kit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPolicy } from '../apps/socket-proxy/src/policy.ts';

/** The CLI and the guard share no code, but must read the same file the same way. */

const home = hostHomeAt(mkdtempSync(join(tmpdir(), 'bigeye-policy-')));
const input = { home, user: { uid: 1001, gid: 1002 }, slots: runSlotsOf(home, HostId.parse('etl-01'), 24) };

const planOf = (text: string) => {
  writeFileSync(home.guardPolicy, text);
  return planGuardPolicy(input);
};

test('the guard takes as many slots as a host can have, and has the streams for their runs', () => {
  const slots = runSlotsOf(home, HostId.parse('etl-01'), mostSlots);
  writeFileSync(home.guardPolicy, '{}');
  const { limits, networks } = readPolicy(Buffer.from(planGuardPolicy({ ...input, slots }).content));
  expect(networks).toEqual(expect.arrayContaining(slots.map(({ network }) => network)));
  expect(limits.streams).toBeGreaterThanOrEqual(streamsOfRun * mostSlots);
});

const word = fc.oneof(
  fc.constantFrom('run', 'bigeyedata/', 'evil/', 'library/', 'linux/amd64', 'LD_', 'AGENT_', '/in', '/etc', 'a', ''),
  fc.string({ maxLength: 5 }),
);
const value = fc.oneof(
  fc.constantFrom(null, true, false, 0, -1, 1.5, 2 ** 33, 33_554_432, 'x', {}),
  word,
  fc.array(word, { maxLength: 3 }),
  fc.dictionary(
    fc.constantFrom('memoryBytes', 'nanoCpus', 'pids', 'streams', 'bodyBytes', 'other'),
    fc.oneof(fc.integer(), fc.constantFrom(1, 1024, 100_000_000, 2 ** 33, 'x', null)),
  ),
);
const key = fc.constantFrom(
  ...[
    'runsRoot',
    'imageNamespace',
    'networks',
    'subCommands',
    'user',
    'repositories',
    'requireDigest',
    'allowPull',
    'allowStats',
  ],
  ...['platforms', 'envPrefixes', 'mountTargets', 'limits', 'other', '__proto__'],
);

test('whatever the operator wrote, the guard starts with what the CLI makes of it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.dictionary(key, value), fc.jsonValue()), (document) => {
      readPolicy(Buffer.from(planOf(JSON.stringify(document)).content));
    }),
    { numRuns: 2_000 },
  );
});

test('what the guard takes, the CLI keeps: it drops nothing that only tightens', () => {
  const { content } = planOf('{}');
  fc.assert(
    fc.property(fc.dictionary(key, value), (document) => {
      const own = ['runsRoot', 'networks', 'user', '__proto__'];
      const given = Object.fromEntries(Object.entries(document).filter(([name]) => !own.includes(name)));
      let expected: object;
      try {
        expected = readPolicy(Buffer.from(JSON.stringify({ ...JSON.parse(content), ...given })));
      } catch {
        return;
      }
      // A key of null means the default to both.
      expect(readPolicy(Buffer.from(planOf(JSON.stringify(given)).content))).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});
