import {
  type Drain,
  describeError,
  firstOf,
  isActive,
  type Run,
  type RunId,
  type TimelineEvent,
  type TimelineKind,
} from '@bigeye/contracts';
import type { Row } from '../db/tables.ts';
import { drainOf, hostStateOf, isDrainTold } from '../hosts/host-state.ts';

/** A row of runs with the names and times of what it belongs to. */
export type RunRow = Row<'runs'> & {
  job_name: string;
  host_seen_at: Date | null;
  host_since: Date;
  drained_at: Date | null;
  drained_by: string | null;
  drain_note: string | null;
  told_drained_at: Date | null;
  log_removed_at: Date | null;
  artifacts: StoredArtifact[];
  /** Of a run that waits. */
  host_slots: number | null;
  slot_holders: SlotHolder[] | null;
  /** The last of `stationsOfWaiting`, of a run that is not over. */
  host_station: Station | null;
};

/** As the database makes JSON of it. */
export type Station = Omit<TimelineEvent, 'detail'> & { detail: string | null };

/** A run that has a slot which another one waits for. */
export interface SlotHolder {
  runId: RunId;
  jobName: string;
  startedAt: string | null;
}

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
    waitingFor: waitingFor(row),
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
    ...resourcesOf(row),
    logLines: row.log_lines,
    logRemovedAt: row.log_removed_at?.toISOString() ?? null,
  };
}

/** By which a host says that it waits, or that it goes on. */
export const stationsOfWaiting: TimelineKind[] = ['waiting', 'resumed', 'image_ready', 'created', 'started', 'exited'];

/** Of a run that is not over, in a sentence; null where it simply runs. */
function waitingFor(row: RunRow): string | null {
  if (!isActive(row.status)) return null;
  if (row.dispatched_at === null) return 'Temporal, which has not taken it yet.';
  const host = `Host "${row.host_id}"`;
  // Until the host knows of it, it may still start the run.
  const drain = isDrainTold(row) ? drainOf(row) : null;
  const isCanceled = row.cancel_requested_at !== null;
  if (hostStateOf(row.host_seen_at, new Date()) !== 'online') {
    if (!row.host_seen_at) return `${host}, which was never heard of since its registration.`;
    const away = `${host}, last heard of at ${row.host_seen_at.toISOString()}`;
    if (row.status === 'queued' && !isCanceled) return `${away}${drain ? `; it is ${drainWords(drain)}` : ''}.`;
    return `${away}; ${isCanceled ? 'only it can say that the container stopped' : 'its container may go on meanwhile'}.`;
  }
  if (drain && row.status === 'queued' && !isCanceled) return `${host}, ${drainWords(drain)}.`;
  const { kind, at, detail } = row.host_station ?? {};
  if (kind === 'waiting' && at)
    return `${host}, since ${isoTime(at)}: ${takenSlots(row) ?? detail?.replace(/^\w+: /, '')}`;
  if (isCanceled) return `${host} to stop it.`;
  return row.status === 'queued' ? `${host} to start it.` : null;
}

const drainWords = ({ since, by, note }: Drain): string =>
  `drained since ${since} by ${by}: ${note.replace(/[.\s]+$/, '')}`;

const holdersNamed = 5;

/** Who has the slots now, which the host could not say when the run began to wait; undefined where that is not known. */
function takenSlots({ host_station: station, host_slots: slots, slot_holders: holders }: RunRow): string | undefined {
  if (!station?.detail?.startsWith('NO_FREE_SLOT: ') || !slots || !holders) return undefined;
  const words = holders.map(({ runId, jobName, startedAt }) => {
    return `${jobName} (${runId}${startedAt ? `, since ${isoTime(startedAt)}` : ', starting'})`;
  });
  const taken = slots === 1 ? 'its one slot is taken' : `all ${slots} slots are taken`;
  return `${taken}: ${firstOf(words.slice(0, holdersNamed), words.length)}.`;
}

/** The database spells times its own way in JSON. */
const isoTime = (time: string): string => new Date(time).toISOString();

/** What the run took, or why that is not known. */
function resourcesOf(row: RunRow): Pick<Run, 'resources' | 'resourcesUnknown'> {
  const { resources, started_at: startedAt, finished_at: finishedAt } = row;
  if (resources && !('unknown' in resources)) return { resources, resourcesUnknown: null };
  const because = (resourcesUnknown: string) => ({ resources: null, resourcesUnknown });
  if (isActive(row.status)) return because('It is told when the run is over.');
  if (!startedAt) return because('Not measured: no container of it was started.');
  if (resources?.unknown === 'refused') return because('Not measured: the guard of its host does not allow it.');
  if (resources && finishedAt) {
    const seconds = Math.max(1, Math.ceil((finishedAt.getTime() - startedAt.getTime()) / 1000));
    return because(`Not measured: it ended within ${seconds} s, before it was first looked at.`);
  }
  return because('Not measured: its host did not say.');
}
