import { isAppError } from '@bigeye/contracts';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { sessionKey } from '../features/access/api.ts';
import { onConnectionRestored } from '../lib/connection.ts';

const retries = 2;

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
        // A network without the internet is a network; whether somebody answers is for the control plane to say.
        networkMode: 'always',
        staleTime: 1000,
        // What the catalogue calls final stays so; only silence and faults on the way are worth another try.
        retry: (count, error) => count < retries && (!isAppError(error) || error.retryable),
      },
      mutations: { networkMode: 'always' },
    },
  });
  onConnectionRestored(() => void client.invalidateQueries());
  return client;
}
