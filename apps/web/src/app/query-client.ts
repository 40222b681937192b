import { isAppError } from '@bigeye/contracts';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { sessionKey } from '../features/access/api.ts';
import { backOffMs } from '../lib/back-off.ts';
import { readGate } from '../lib/outage.ts';
import { isPassing } from '../lib/read.ts';

/** The cache of everything the server said. `onSignedOut` runs when it no longer knows who asks. */
export function createQueryClient({ onSignedOut }: { onSignedOut: () => void }): QueryClient {
  const onError = (error: unknown) => {
    if (!isAppError(error, 'UNAUTHENTICATED') || !client.getQueryData(sessionKey)) return;
    client.removeQueries({ queryKey: sessionKey });
    onSignedOut();
  };
  const client = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        // The browser's "offline" means no internet, and a control plane in the local network may answer all the same.
        networkMode: 'always',
        staleTime: 1000,
        // A passing fault is tried again for as long as the page is open and looked at; a final one is told at once.
        retry: (_count, error) => isPassing(error),
        retryDelay: (failures, error) => Math.max(backOffMs(failures + 1), askedToWaitMs(error)),
      },
      mutations: { networkMode: 'always' },
    },
  });
  readGate.onRestored(() => void takeUpAgain(client));
  return client;
}

const askedToWaitMs = (error: unknown): number =>
  isAppError(error, 'TOO_MANY_ATTEMPTS') ? error.details.retryAfterSeconds * 1000 : 0;

/** Wakes the queries that wait for their next try, and reads anew what may be old. */
async function takeUpAgain(client: QueryClient): Promise<void> {
  const sleeps = (query: { state: { fetchFailureCount: number }; getObserversCount(): number }) =>
    query.state.fetchFailureCount > 0 && query.getObserversCount() > 0;
  await client.cancelQueries({ predicate: sleeps }, { silent: true });
  await client.invalidateQueries({}, { cancelRefetch: false });
}
