import { type HostId, JobSettings, type RunId } from '@bigeye/contracts';
import {
  createJournal,
  createStackCli,
  type HostHome,
  type Journal,
  listRunContainers,
  stackServices,
  stopRunContainer,
} from '@bigeye/host-kit';
import { pause } from '@bigeye/service-kit';

/** Within this time an orchestrator that is well has written down that it stops each run. */
const noticeMs = 10_000;
/** The longest that a run may take to end when it is asked to, and some more. */
const graceMs = ((JobSettings.shape.cancelGraceSeconds.unwrap().maxValue ?? 0) + 30) * 1000;
/** A run's container goes when the control plane has heard how it ended. */
const toldMs = 15_000;
/** Before SIGKILL, where there is no orchestrator that knows the grace time of the job. */
const unattendedGraceSeconds = 10;

export interface StoppedRuns {
  stopped: number;
  /** Of these the control plane hears when the host is back. */
  untold: number;
}

/**
 * Stops all runs of the host, as canceled by its operator. The orchestrator does it, which knows the grace time of each and
 * tells the control plane; where it is not there to do it, they are stopped here, and it tells when it is back.
 */
export async function stopRuns(home: HostHome, hostId: HostId): Promise<StoppedRuns> {
  const journal = createJournal(home.journal);
  const stack = createStackCli(home, hostId);
  const running = () => listRunContainers(hostId, { onlyRunning: true });
  const { length: stopped } = await running();
  if (stopped === 0) return { stopped, untold: 0 };
  if (await stack.signal(stackServices.orchestrator, 'SIGUSR2')) {
    const isAttended = async () => (await running()).every((runId) => journal.read(runId).stopping);
    if (await untilTrue(noticeMs, isAttended)) await untilTrue(graceMs, async () => (await running()).length === 0);
  }
  const left = await running();
  if (left.length > 0) {
    // One that comes to life now would take them for runs that failed.
    await stack.stop(stackServices.orchestrator);
    await Promise.all(left.map((runId) => stopUnattended(journal, runId)));
    return { stopped, untold: left.length };
  }
  const containers = () => listRunContainers(hostId, { onlyRunning: false });
  await untilTrue(toldMs, async () => (await containers()).length === 0);
  return { stopped, untold: (await containers()).length };
}

async function stopUnattended(journal: Journal, runId: RunId): Promise<void> {
  if (!journal.read(runId).stopping) journal.append(runId, { step: 'stopping', because: 'canceled', byOperator: true });
  await stopRunContainer(runId, unattendedGraceSeconds);
  journal.append(runId, { step: 'stopped' });
}

/** False where it did not come true in time. */
async function untilTrue(timeoutMs: number, ask: () => Promise<boolean>): Promise<boolean> {
  for (const late = Date.now() + timeoutMs; Date.now() < late; await pause(300)) if (await ask()) return true;
  return false;
}
