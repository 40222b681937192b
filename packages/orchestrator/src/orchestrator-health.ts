import { writeFileSync } from 'node:fs';
import { hostOfflineAfterMs } from '@bigeye/contracts';

/** What the container's health check reads: a file that holds the time (epoch, ms) until which all counts as well. */
export interface OrchestratorHealth {
  setPolling(polling: boolean): void;
  /** The control plane has answered a heartbeat. */
  setAcknowledged(): void;
}

/** Healthy is an orchestrator that polls for work and whose heartbeats are answered. */
export function createOrchestratorHealth(file: string): OrchestratorHealth {
  let polling = false;
  let acknowledgedUntil = 0;
  const write = () => writeFileSync(file, String(polling ? acknowledgedUntil : 0));
  write();
  return {
    setPolling: (now) => {
      if (polling === now) return;
      polling = now;
      write();
    },
    setAcknowledged: () => {
      acknowledgedUntil = Date.now() + hostOfflineAfterMs;
      write();
    },
  };
}
