import type { RunId } from '@bigeye/contracts';
import type { HostDeps } from './host-deps.ts';

/** Writes down that the run's container started, and tells it. Returns when it did. */
export function recordStart(
  { journal, timeline, boot, log }: HostDeps,
  runId: RunId,
  { id: containerId, startedAt }: { id: string; startedAt: string },
): string {
  journal.append(runId, { step: 'started', containerId, startedAt, ...(boot.id ? { bootId: boot.id } : {}) });
  timeline.add(runId, 'started', { at: startedAt });
  log.info({ runId, containerId }, 'run container started');
  return startedAt;
}
