import { createHash } from 'node:crypto';
import { AppError, isAppError } from '@bigeye/contracts';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { groupOf } from '../http/address-group.ts';

const minute = 60;
/** Failures after which the next attempt has to wait. */
const limits = {
  /** Of one address: sign-ins and links, whoever they are for. */
  address: { points: 50, duration: 15 * minute },
  /** Of one account from one address. */
  accountAtAddress: { points: 10, duration: 15 * minute },
  /** Of one account from everywhere: high, because whoever reaches it keeps its owner out too. */
  account: { points: 100, duration: 60 * minute },
  /** Keys and sessions that are not valid, of one address. */
  key: { points: 300, duration: minute },
};

export type AttemptLimits = ReturnType<typeof createAttemptLimits>;

/**
 * Slows down who guesses. Counted in this process: several API processes allow that many times as much. An attempt is
 * counted before it is judged, so that many at once do not get past, and is given back when it was good.
 */
export function createAttemptLimits() {
  const address = new RateLimiterMemory({ keyPrefix: 'address', ...limits.address });
  const accountAtAddress = new RateLimiterMemory({ keyPrefix: 'account-at-address', ...limits.accountAtAddress });
  const account = new RateLimiterMemory({ keyPrefix: 'account', ...limits.account });
  const key = new RateLimiterMemory({ keyPrefix: 'key', ...limits.key });

  const attempt = async <T>(counters: [RateLimiterMemory, string][], judge: () => Promise<T>): Promise<T> => {
    const giveBack = async () => {
      for (const [limiter, name] of counters) await limiter.reward(name);
    };
    for (const [limiter, name] of counters) await limiter.consume(name).catch(refuse);
    try {
      const result = await judge();
      await giveBack();
      return result;
    } catch (error) {
      // A fault of ours is no guess of theirs.
      if (!isAppError(error) || error.httpStatus >= 500) await giveBack();
      throw error;
    }
  };

  return {
    /** `judge` throws where the password is wrong. Throws TOO_MANY_ATTEMPTS without asking it. */
    byPassword: <T>(who: { address: string; email: string }, judge: () => Promise<T>): Promise<T> => {
      const name = digestOf(who.email.toLowerCase());
      const pair = `${name} ${groupOf(who.address)}`;
      // The narrowest first: what it refuses does not count against the others.
      return attempt(
        [
          [accountAtAddress, pair],
          [address, groupOf(who.address)],
          [account, name],
        ],
        judge,
      );
    },

    /** Likewise for what nobody guesses: the token of a link, a key at the sign-in. */
    bySecret: <T>(from: string, judge: () => Promise<T>): Promise<T> => attempt([[address, groupOf(from)]], judge),

    /**
     * Counts a key that is not valid. Keys cannot be guessed, so a good one is never kept waiting, whatever else comes
     * from its address: agents and hosts share one with many. Throws TOO_MANY_ATTEMPTS for the bad ones from then on.
     */
    recordBadKey: async (from: string): Promise<void> => {
      await key.consume(groupOf(from)).catch(refuse);
    },
  };
}

function refuse(reason: unknown): never {
  if (!(reason instanceof RateLimiterRes)) throw reason;
  throw new AppError('TOO_MANY_ATTEMPTS', { retryAfterSeconds: Math.ceil(reason.msBeforeNext / 1000) });
}

/** Names of accounts may be anything of any length. */
const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url');
