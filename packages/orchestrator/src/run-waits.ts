import { AppError, type HostId, isAppError, type RunId } from '@bigeye/contracts';
import { EngineAway } from '@bigeye/host-kit';
import type { Logger } from '@bigeye/service-kit';
import type { TimelineOutbox } from './timeline-outbox.ts';

/** What holds runs up on this host: a state of it that may pass. Told on their timelines as long as it lasts. */
export interface RunWaits {
  /** Returns what holds the run up, in our words; undefined where `error` is a failure of another kind. */
  begin(runId: RunId, error: unknown): AppError | undefined;
  /** It goes on. */
  end(runId: RunId): void;
}

export function createRunWaits(deps: { hostId: HostId; timeline: TimelineOutbox; log: Logger }): RunWaits {
  const { hostId, timeline, log } = deps;
  /** Run → code of what was told last. Attempts repeat it every few seconds. */
  const told = new Map<RunId, string>();
  return {
    begin: (runId, error) => {
      const hindrance = hindranceOf(error, hostId);
      if (!hindrance || told.get(runId) === hindrance.code) return hindrance;
      told.set(runId, hindrance.code);
      timeline.add(runId, 'waiting', { detail: `${hindrance.code}: ${hindrance.message}` });
      log.warn({ runId, code: hindrance.code, reason: hindrance.message }, 'run waits');
      return hindrance;
    },
    end: (runId) => {
      if (!told.delete(runId)) return;
      timeline.add(runId, 'resumed');
      log.info({ runId }, 'run goes on');
    },
  };
}

function hindranceOf(error: unknown, hostId: HostId): AppError | undefined {
  if (isAppError(error) && ofTheHost.has(error.code)) return error;
  if (error instanceof EngineAway)
    return new AppError('ENGINE_AWAY', { hostId, reason: error.reason }, { cause: error });
  const { code = '', path: place = 'its folder' } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (diskFull.has(code)) return new AppError('HOST_DISK_FULL', { hostId, place }, { cause: error });
  if (denied.has(code)) return new AppError('HOST_FOLDER_DENIED', { hostId, place, reason: code }, { cause: error });
  return undefined;
}

const ofTheHost = new Set<string>(['HOST_DISK_FULL', 'HOST_DRAINED', 'NO_FREE_SLOT']);
const diskFull = new Set(['ENOSPC', 'EDQUOT']);
const denied = new Set(['EACCES', 'EPERM', 'EROFS']);
