import { readFileSync, writeFileSync } from 'node:fs';
import { hostOfflineAfterMs } from '@bigeye/contracts';
import { z } from 'zod';

const HealthFile = z.object({ polling: z.boolean(), acknowledgedAt: z.number() });

/** What the container's health check reads: a file in /tmp, written by the orchestrator itself. */
export interface OrchestratorHealth {
  setPolling(polling: boolean): void;
  setAcknowledged(): void;
}

export function createOrchestratorHealth(file: string): OrchestratorHealth {
  const state = { polling: false, acknowledgedAt: 0 };
  const write = () => writeFileSync(file, JSON.stringify(state));
  write();
  return {
    setPolling: (polling) => {
      if (state.polling === polling) return;
      state.polling = polling;
      write();
    },
    setAcknowledged: () => {
      state.acknowledgedAt = Date.now();
      write();
    },
  };
}

/** What is wrong, in a sentence, or undefined for a healthy orchestrator. */
export function findHealthProblem(file: string, now = Date.now()): string | undefined {
  try {
    const { polling, acknowledgedAt } = HealthFile.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (!polling) return 'no connection to the worker gateway';
    const silentMs = now - acknowledgedAt;
    return silentMs > hostOfflineAfterMs ? 'the control plane does not acknowledge heartbeats' : undefined;
  } catch {
    return 'the orchestrator is not running';
  }
}
