import { describeError, type Run } from '@bigeye/contracts';
import type { Row } from '../db/tables.ts';
import { hostStateOf } from '../hosts/host-state.ts';

/** A row of runs with the names and times of what it belongs to. */
export type RunRow = Row<'runs'> & {
  job_name: string;
  host_seen_at: Date | null;
  host_since: Date;
  log_removed_at: Date | null;
  artifacts: StoredArtifact[];
};

/** As JSON that the database made, which spells times its own way. */
export interface StoredArtifact {
  name: string;
  bytes: number;
  removedAt: string | null;
}

/** A run as people and programs see it. */
export function toRun(row: RunRow): Run {
  return {
    id: row.id,
    jobId: row.job_id,
    jobName: row.job_name,
    hostId: row.host_id,
    agentType: row.agent_type,
    status: row.status,
    failure: row.failure && {
      code: row.failure.code,
      ...describeError(row.failure.code, { message: row.outcome?.message ?? '', ...row.failure.details }),
    },
    waitingFor: row.status === 'queued' ? waitingFor(row) : null,
    requestedBy: row.requested_by,
    queuedAt: row.queued_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
    cancelRequestedAt: row.cancel_requested_at?.toISOString() ?? null,
    exitCode: row.exit_code,
    outcome: row.outcome,
    artifacts: row.artifacts.map(({ removedAt, ...artifact }) => ({
      ...artifact,
      removedAt: removedAt && new Date(removedAt).toISOString(),
    })),
    logLines: row.log_lines,
    logRemovedAt: row.log_removed_at?.toISOString() ?? null,
  };
}

/** Of a queued run, in a sentence. */
function waitingFor(row: RunRow): string {
  if (row.dispatched_at === null) return 'Temporal, which has not taken it yet.';
  const state = hostStateOf(row.host_seen_at, new Date());
  if (state === 'online') return `Host "${row.host_id}" to start it.`;
  return row.host_seen_at
    ? `Host "${row.host_id}", last heard of at ${row.host_seen_at.toISOString()}.`
    : `Host "${row.host_id}", which was never heard of since its registration.`;
}
