import { type ApiClient, type CallInput, type CallOutput, isAppError, type RouteName } from '@bigeye/contracts';

import { backOffMs, pause } from '@bigeye/service-kit';

/** The host API, and a way to insist: what a run has to say is said even when the control plane is away for a day. */
export interface HostApi {
  call<Name extends RouteName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>>;
  /** Repeats the call until it is answered. Throws what no repetition changes, or the signal's reason. */
  insist<Name extends RouteName>(name: Name, input: CallInput<Name>, signal: AbortSignal): Promise<CallOutput<Name>>;
}

export function createHostApi(client: ApiClient): HostApi {
  return {
    call: client.call,
    insist: async (name, input, signal) => {
      for (let failures = 0; ; failures++) {
        signal.throwIfAborted();
        try {
          return await client.call(name, input);
        } catch (error) {
          if (!mayWorkLater(error)) throw error;
          await pause(backOffMs(failures, { firstMs: 100, maxMs: 5_000 }), signal);
        }
      }
    },
  };
}

/** An order fault is for the caller to mend; an answer we cannot read may come from something in between. */
function mayWorkLater(error: unknown): boolean {
  if (!isAppError(error)) return false;
  if (error.code === 'LOG_CHUNK_OUT_OF_ORDER') return false;
  return error.retryable || error.code === 'INTERNAL';
}
