import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@bigeye/service-kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bindObjectStore } from './bind-object-store.ts';
import { createFolderObjects } from './folder-objects.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bind-objects-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lines: string[] = [];
const log = createLogger('test', 'warn', { write: (line) => void lines.push(line) });

test('a store belongs to the installation that was there first, and the other is told what to do', async () => {
  const objects = createFolderObjects(folder);
  await bindObjectStore(objects, 'ins_one', log);
  await bindObjectStore(objects, 'ins_one', log);
  await expect(bindObjectStore(objects, 'ins_two', log)).rejects.toMatchObject({
    code: 'OBJECT_STORE_DIFFERS',
    message: expect.stringContaining('ins_one'),
    remedy: expect.stringContaining('OBJECT_STORE'),
  });
});

test('a store that does not answer stops nothing, and is told in the log', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await bindObjectStore(createFolderObjects(join(file, 'objects')), 'ins_one', log);
  expect(lines.join()).toContain('object store does not answer');
});
