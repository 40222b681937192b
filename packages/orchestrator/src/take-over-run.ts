import type { RunId } from '@bigeye/contracts';
import type { HostDeps } from './host-deps.ts';

/**
 * Makes the caller the one in this process that follows the run; whoever did before is told to let go. The signal fires
 * when a later one takes over, when this process ends, or when the caller itself lets go.
 */
export function takeOverRun(deps: HostDeps, runId: RunId): { signal: AbortSignal; letGo(): void } & Disposable {
  const controller = new AbortController();
  const letGo = () => controller.abort(new Error('The attempt ended; the container goes on.'));
  deps.followers.get(runId)?.abort(new Error('A later attempt took over; the container goes on.'));
  deps.followers.set(runId, controller);
  deps.shutdown.addEventListener('abort', letGo);
  if (deps.shutdown.aborted) letGo();
  return {
    signal: controller.signal,
    letGo,
    [Symbol.dispose]: () => {
      deps.shutdown.removeEventListener('abort', letGo);
      if (deps.followers.get(runId) === controller) deps.followers.delete(runId);
      controller.abort(new Error('The run is no longer followed.'));
    },
  };
}
