import { expect, test } from 'vitest';
import { hashPassword, isOutdated, verifyPassword } from './password.ts';

test('a password fits its own hash and no other does', async () => {
  const hash = await hashPassword('correct horse battery');
  expect(await verifyPassword('correct horse battery', hash)).toBe(true);
  expect(await verifyPassword('correct horse batterz', hash)).toBe(false);
  expect(await verifyPassword('', hash)).toBe(false);
});

test('the same password is stored differently each time, and never as it is', async () => {
  const [one, two] = await Promise.all([hashPassword('correct horse battery'), hashPassword('correct horse battery')]);
  expect(one).not.toBe(two);
  expect(one).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
});

test('a hash is judged by the parameters that stand in it, and known to be of the past', async () => {
  // scrypt('password', 'NaCl', N=1024, r=8, p=16), of RFC 7914, the first 32 of its 64 bytes.
  const salt = Buffer.from('NaCl').toString('base64url');
  const key = Buffer.from('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162', 'hex');
  const hash = `scrypt$1024$8$16$${salt}$${key.toString('base64url')}`;
  expect(await verifyPassword('password', hash)).toBe(true);
  expect(await verifyPassword('Password', hash)).toBe(false);
  expect(isOutdated(hash)).toBe(true);
  expect(isOutdated(await hashPassword('correct horse battery'))).toBe(false);
});

test('for nobody every password is wrong, the one that the empty hash stands for too', async () => {
  expect(await verifyPassword('correct horse battery', undefined)).toBe(false);
  expect(await verifyPassword('', undefined)).toBe(false);
});

test('one letter typed in two ways of Unicode is one password', async () => {
  const hash = await hashPassword('caf\u00e9 am Morgen 7');
  expect(await verifyPassword('cafe\u0301 am Morgen 7', hash)).toBe(true);
});
