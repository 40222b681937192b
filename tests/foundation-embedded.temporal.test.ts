import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunId } from '@bigeye/contracts';
import { afterAll, expect, test } from 'vitest';
import { spawnFoundation, testJobsOn } from './support/foundation.ts';
import { makeKeepsakes } from './support/keepsakes.ts';

/** Nothing but the control plane: it brings its PostgreSQL and its Temporal. */

const opened = testJobsOn(() => spawnFoundation());
const backups = mkdtempSync(join(tmpdir(), 'backups-'));
afterAll(() => rmSync(backups, { recursive: true, force: true }));

test('a copy of DATA_DIR of a stopped control plane is the whole installation; runs of that time end truly, or say why not', async () => {
  const { on } = opened;
  const kept = await makeKeepsakes(opened);
  const { dataDir, admin } = on.stack;
  const [ended, goesOn] = [await opened.start('slow'), await opened.start('endless')];
  const logLines = async (runId: RunId) => (await admin.call('getRun', { params: { runId } })).logLines;
  await expect.poll(() => logLines(ended)).toBeGreaterThan(5);
  await expect.poll(() => logLines(goesOn)).toBe(1);
  expect(opened.isForgotten(ended)).toBe(false);
  await on.stop();
  const copy = join(backups, 'data');
  cpSync(dataDir, copy, { recursive: true });
  await on.start();
  expect(await on.stack.finished(ended)).toMatchObject({ status: 'succeeded' });
  const later = await opened.start('good');
  await on.stack.finished(later);
  await expect.poll(() => opened.isForgotten(ended)).toBe(true);

  await on.stop();
  rmSync(dataDir, { recursive: true });
  cpSync(copy, dataDir, { recursive: true });
  await on.start();
  await kept.expectAll();
  const failure = { code: 'CONTAINER_VANISHED' };
  expect(await on.stack.finished(ended)).toMatchObject({ status: 'failed', failure });
  await expect(admin.call('getRun', { params: { runId: later } })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  await admin.call('cancelRun', { params: { runId: goesOn } });
  expect(await on.stack.finished(goesOn)).toMatchObject({ status: 'canceled', exitCode: 143 });
});
