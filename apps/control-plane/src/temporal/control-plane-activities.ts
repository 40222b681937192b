import {
  type ControlPlaneActivities,
  isErrorCode,
  type RecordedFailure,
  type ReportedFailure,
  type RunId,
} from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import type { RunStore } from '../runs/run-store.ts';

/** What a workflow does in the control plane itself: one effect each, safe to repeat. */
export function createControlPlaneActivities(
  runStore: Pick<RunStore, 'recordStatus' | 'findReportedEnd'>,
  log: Logger,
): Omit<ControlPlaneActivities, 'wasHandedOut'> {
  return {
    findReportedEnd: (runId) => runStore.findReportedEnd(runId),
    recordRunStatus: (input) => {
      if (input.status === 'running') return runStore.recordStatus(input);
      const failure = input.failure && knownFailure(input.runId, input.failure, log);
      return runStore.recordStatus({ ...input, failure });
    },
  };
}

/** A host of another version may fail with a code that this catalogue does not have. */
function knownFailure(runId: RunId, { code, details }: ReportedFailure, log: Logger): RecordedFailure {
  if (isErrorCode(code)) return { code, details };
  log.error({ runId, code, details }, 'a run failed with a code that is not in the catalogue');
  return { code: 'INTERNAL', details: {} };
}
