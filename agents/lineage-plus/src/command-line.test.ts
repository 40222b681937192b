import { expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';

const run = {
  command: 'run',
  connectionName: undefined,
  inFolder: '/in',
  outFolder: '/out',
  dryRun: false,
  column: undefined,
};

test.each([
  ['run -c postgres', run],
  ['lineage run -c postgres', run],
  ['run', run],
  ['run -c postgres -n shop --no-sync --skip-notifications', { ...run, connectionName: 'shop' }],
  ['run --in a --out b --dry-run', { ...run, inFolder: 'a', outFolder: 'b', dryRun: true }],
  ['check -c postgres', { ...run, command: 'check' }],
  ['explain shop.sales.orders.total', { ...run, command: 'explain', column: 'shop.sales.orders.total' }],
  ['--version', 'version'],
])('%s', (line, expected) => {
  expect(parseCommandLine(line.split(' '))).toEqual(expected);
});

test.each(['', 'sync', 'run -c snowflake', 'run -c postgres -c snowflake', 'run --nope', 'run extra', 'explain'])(
  '"%s" is exit code 2',
  (line) => {
    expect(() => parseCommandLine(line.split(' ').filter(Boolean))).toThrow(expect.objectContaining({ exitCode: 2 }));
  },
);
