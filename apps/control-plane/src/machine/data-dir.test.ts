import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@bigeye/service-kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { skipReasons } from '../../../../script/lib/skip-reasons.ts';
import { openDataDir } from './data-dir.ts';

let folder: string;
let told = '';
const log = createLogger('control-plane', 'info', { write: (line) => (told += line) });
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);
const dir = (name: string, mode: number) => {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
};
const file = (path: string, mode: number) => {
  writeFileSync(path, 'x');
  chmodSync(path, mode);
  return path;
};
const codeOf = (path: string) => {
  try {
    openDataDir(path, log);
    return undefined;
  } catch (error) {
    return error;
  }
};

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'data-dir-')));
  told = '';
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a folder that is not there is made for its own user alone', () => {
  openDataDir(join(folder, 'new'), log);
  expect(modeOf(join(folder, 'new'))).toBe('700');
  expect(told).toBe('');
});

test('a folder that others can read is closed, with all that is in it, and that is said', () => {
  const data = dir('data', 0o755);
  const database = file(join(data, 'temporal.db'), 0o644);
  const below = dir('data/postgres', 0o755);
  const table = file(join(below, '1234'), 0o666);
  const script = file(join(data, 'run'), 0o755);
  openDataDir(data, log);
  expect([data, below, database, table, script].map(modeOf)).toEqual(['700', '700', '600', '600', '700']);
  expect(told).toContain('"tightened":5');
});

test.each([0o777, 0o775, 0o772, 0o1777])('a folder of mode %o, which others can write, is refused', (mode) => {
  const data = dir('data', mode);
  expect(codeOf(data)).toMatchObject({ code: 'DATA_DIR_UNSAFE', remedy: expect.stringContaining(`chmod 700 ${data}`) });
  expect(modeOf(data)).toBe(mode.toString(8));
});

test('a folder below one that everybody can write is refused', () => {
  dir('open', 0o777);
  dir('open/deep', 0o700);
  const data = dir('open/deep/data', 0o700);
  expect(codeOf(data)).toMatchObject({ code: 'DATA_DIR_UNSAFE', details: { path: join(folder, 'open') } });
});

test('a link of our own to a folder of our own is followed, and the way of its target is judged', () => {
  const real = dir('real', 0o755);
  symlinkSync(real, join(folder, 'link'));
  openDataDir(join(folder, 'link'), log);
  expect(modeOf(real)).toBe('700');
  dir('open', 0o777);
  dir('open/data', 0o700);
  symlinkSync('open/data', join(folder, 'bad'));
  expect(codeOf(join(folder, 'bad'))).toMatchObject({ code: 'DATA_DIR_UNSAFE' });
});

test('a link inside may not lead to what others can read, and no mode is changed through it', () => {
  const data = dir('data', 0o700);
  const elsewhere = dir('elsewhere', 0o755);
  symlinkSync(elsewhere, join(data, 'postgres'));
  expect(codeOf(data)).toMatchObject({ code: 'DATA_DIR_UNSAFE', details: { path: join(data, 'postgres') } });
  expect(modeOf(elsewhere)).toBe('755');
});

const isRoot = process.getuid?.() === 0;
const meta = { skipReason: isRoot ? undefined : skipReasons.notRoot };
test.runIf(isRoot)('what belongs to another user is refused, the folder or what is in it', { meta }, () => {
  const data = dir('data', 0o700);
  chownSync(file(join(data, 'ca_key.pem'), 0o600), 65_534, 65_534);
  expect(codeOf(data)).toMatchObject({ code: 'DATA_DIR_UNSAFE', details: { path: join(data, 'ca_key.pem') } });
  chownSync(dir('theirs', 0o700), 65_534, 65_534);
  expect(codeOf(join(folder, 'theirs'))).toMatchObject({
    message: expect.stringContaining('belongs to the user 65534'),
  });
  symlinkSync(dir('ours', 0o700), join(folder, 'their-link'));
  lchownSync(join(folder, 'their-link'), 65_534, 65_534);
  expect(codeOf(join(folder, 'their-link'))).toMatchObject({ message: expect.stringContaining('a link of another') });
});
