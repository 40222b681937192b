import { backOffMs, pause } from '@bigeye/service-kit';
import { EngineAway } from './container-runner.ts';
import { createEngineClient } from './engine-client.ts';

/**
 * The fingerprint of the policy that the guard at `endpoint` enforces; undefined where an engine answers without a guard.
 * Waits up to `patienceMs` for an answer, then throws EngineAway.
 */
export async function getGuardPolicy(endpoint: string, { patienceMs = 15_000 } = {}): Promise<string | undefined> {
  const engine = createEngineClient(endpoint);
  const until = Date.now() + patienceMs;
  for (let failures = 0; ; failures++) {
    try {
      const headers = await engine.headers({ method: 'GET', path: '/version', timeoutMs: 3_000 });
      return headers['x-bigeye-policy']?.toString();
    } catch (error) {
      if (!(error instanceof EngineAway) || Date.now() > until) throw error;
      await pause(backOffMs(failures, { maxMs: 2_000 }));
    }
  }
}
