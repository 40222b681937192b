import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { LineFile } from './line-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'line-file-'));
  return () => rm(folder, { recursive: true });
});

test('all that was written is in the file, which has its name only when it is whole', async () => {
  const path = join(folder, 'a');
  const lines = Array.from({ length: 20_000 }, (_, n) => `line ${n} ü\n`);
  {
    await using file = new LineFile(path);
    for (const line of lines) await file.write(line);
    expect(await readdir(folder)).toEqual(['a.part']);
    await file.commit();
  }
  expect(await readdir(folder)).toEqual(['a']);
  expect(await readFile(path, 'utf8')).toBe(lines.join(''));
});

test('without commit nothing is left', async () => {
  {
    await using file = new LineFile(join(folder, 'a'));
    await file.write('x'.repeat(200_000));
  }
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that cannot be written is exit code 2 with what to look at, whenever it is noticed', async () => {
  const refused = { exitCode: 2, remedy: expect.stringContaining('disk has room') };
  await using early = new LineFile(join(folder, 'none', 'a'));
  // Opened after it, and so refused after it.
  await once(createWriteStream(join(folder, 'none', 'later')), 'error');
  await expect(early.write('x'.repeat(200_000))).rejects.toMatchObject(refused);
  await using late = new LineFile(join(folder, 'none', 'b'));
  await late.write('x');
  await expect(late.commit()).rejects.toMatchObject(refused);
});
