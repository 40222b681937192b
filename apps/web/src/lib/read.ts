import { isAppError } from '@bigeye/contracts';

/** What this page needs to know of a query: what was read and when, and what keeps it from being read anew. */
export interface Read {
  data: unknown;
  /** Milliseconds since 1970; 0: never. */
  dataUpdatedAt: number;
  error: Error | null;
  failureReason: Error | null;
  refetch(): unknown;
}

/** True for what may be over by itself: silence, a fault on the way, a fault inside the control plane. */
export const isPassing = (error: unknown): boolean => !isAppError(error) || error.retryable || error.httpStatus >= 500;

/** Why the read does not say more, or undefined. */
export const troubleOf = ({ error, failureReason }: Read): Error | undefined => error ?? failureReason ?? undefined;

/** Nothing was read, and not because it is still on its way. */
export const isMissing = (read: Read): boolean => read.data === undefined && troubleOf(read) !== undefined;

/** The interval of a read that is shown as it changes; none once the answer was a final refusal. */
export const every =
  (ms: number) =>
  (query: { state: { status: string } }): number | false =>
    query.state.status === 'error' ? false : ms;
