import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** N = 2^15, r = 8, p = 3: 32 MiB and about a quarter of a second for each guess. */
const cost = { n: 2 ** 15, r: 8, p: 3 };
const saltBytes = 16;
const keyBytes = 32;

/** `scrypt$N$r$p$salt$key`: the parameters stand with each hash, so that they can be raised without a new password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const key = await derive(password, salt, keyBytes, cost);
  return ['scrypt', cost.n, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** `hash` undefined (no such user, no password yet): takes as long and answers no. */
export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  const [, n, r, p, salt = '', stored = ''] = (hash ?? nobodysHash).split('$');
  const expected = Buffer.from(stored, 'base64url');
  const params = { n: Number(n), r: Number(r), p: Number(p) };
  const key = await derive(password, Buffer.from(salt, 'base64url'), expected.length, params);
  return timingSafeEqual(key, expected) && hash !== undefined;
}

/** True where a hash was made with other parameters than today's. */
export function isOutdated(hash: string): boolean {
  const [, n, r, p] = hash.split('$');
  return Number(n) !== cost.n || Number(r) !== cost.r || Number(p) !== cost.p;
}

const nobodysHash = ['scrypt', cost.n, cost.r, cost.p, 'A'.repeat(22), 'A'.repeat(43)].join('$');

/** People type the same letter in several ways of Unicode. */
function derive(password: string, salt: Buffer, bytes: number, { n, r, p }: typeof cost): Promise<Buffer> {
  const options: ScryptOptions = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, bytes, options, (error, key) => (error ? reject(error) : resolve(key))),
  );
}
