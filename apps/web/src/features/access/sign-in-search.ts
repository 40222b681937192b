import { type ErrorCode, isErrorCode } from '@bigeye/contracts';

interface SignInSearch {
  /** Where the visitor wanted to be. */
  to?: string;
  by?: 'key';
  /** Why a single sign-on came to nothing. */
  error?: ErrorCode;
  retryAfterSeconds?: number;
}

export function signInSearchOf({ to, by, error, retryAfterSeconds }: Record<string, unknown>): SignInSearch {
  return {
    // Only a place of this app: an address elsewhere must not be the way on after signing in.
    ...(typeof to === 'string' && /^\/(?![/\\])/.test(to) && { to }),
    ...(by === 'key' && { by }),
    ...(isErrorCode(error) && { error }),
    ...(typeof retryAfterSeconds === 'number' && { retryAfterSeconds }),
  };
}
