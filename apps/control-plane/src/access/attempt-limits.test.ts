import { AppError } from '@bigeye/contracts';
import { describe, expect, test } from 'vitest';
import { groupOf } from '../http/address-group.ts';
import { createAttemptLimits } from './attempt-limits.ts';

const wrong = () => Promise.reject(new AppError('SIGN_IN_REFUSED', {}));
const right = () => Promise.resolve('in');
const at = (address: string, email = 'a@example.com') => ({ address, email });

async function codes(count: number, attempt: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  for (let i = 0; i < count; i++)
    seen.push(
      await attempt().then(
        () => 'in',
        (error: AppError) => error.code,
      ),
    );
  return seen;
}

test('after ten wrong passwords for an account from an address, the right one waits there too', async () => {
  const limits = createAttemptLimits();
  expect(new Set(await codes(10, () => limits.byPassword(at('192.0.2.1'), wrong)))).toEqual(
    new Set(['SIGN_IN_REFUSED']),
  );
  const refused = await limits.byPassword(at('192.0.2.1'), right).catch((error: AppError) => error);
  expect(refused).toMatchObject({ code: 'TOO_MANY_ATTEMPTS', httpStatus: 429 });
  expect((refused as AppError<'TOO_MANY_ATTEMPTS'>).details.retryAfterSeconds).toBeGreaterThan(0);
});

test('its owner gets in from elsewhere meanwhile, and others get in from that address', async () => {
  const limits = createAttemptLimits();
  await codes(40, () => limits.byPassword(at('192.0.2.1'), wrong));
  expect(await limits.byPassword(at('192.0.2.2'), right)).toBe('in');
  expect(await limits.byPassword(at('192.0.2.1', 'b@example.com'), right)).toBe('in');
});

test('many at once get no further than one after the other', async () => {
  const limits = createAttemptLimits();
  let judged = 0;
  const slow = async () => {
    judged += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    throw new AppError('SIGN_IN_REFUSED', {});
  };
  await Promise.allSettled(Array.from({ length: 50 }, () => limits.byPassword(at('192.0.2.1'), slow)));
  expect(judged).toBe(10);
});

test('whoever signs in rightly is never counted, and a fault of ours is not either', async () => {
  const limits = createAttemptLimits();
  expect(new Set(await codes(60, () => limits.byPassword(at('192.0.2.1'), right)))).toEqual(new Set(['in']));
  await codes(60, () => limits.byPassword(at('192.0.2.1'), () => Promise.reject(new Error('database away'))));
  expect(await limits.byPassword(at('192.0.2.1'), right)).toBe('in');
});

test('guessing at many accounts from one address ends, and at one account from many addresses too', async () => {
  const limits = createAttemptLimits();
  for (let i = 0; i < 50; i++) await codes(1, () => limits.byPassword(at('192.0.2.1', `u${i}@example.com`), wrong));
  expect(await codes(1, () => limits.byPassword(at('192.0.2.1', 'new@example.com'), right))).toEqual([
    'TOO_MANY_ATTEMPTS',
  ]);
  const others = createAttemptLimits();
  for (let i = 0; i < 100; i++) await codes(1, () => others.byPassword(at(`198.51.100.${i}`), wrong));
  expect(await codes(1, () => others.byPassword(at('203.0.113.1', 'A@Example.com'), right))).toEqual([
    'TOO_MANY_ATTEMPTS',
  ]);
});

test('bad keys are told to wait after 300 in a minute', async () => {
  const limits = createAttemptLimits();
  const seen = await codes(301, () => limits.recordBadKey('192.0.2.1'));
  expect(seen.indexOf('TOO_MANY_ATTEMPTS')).toBe(300);
});

describe('addresses that one attacker has', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s counts as %s', (address, group) => {
    expect(groupOf(address)).toBe(group);
  });
});
