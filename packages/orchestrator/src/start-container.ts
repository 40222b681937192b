import { AppError, containerNameOf, type RunJobInput } from '@bigeye/contracts';
import { agentsNetwork, type Container, planAgentRun } from '@bigeye/host-kit';
import type { Attempt, HostDeps } from './host-deps.ts';
import { makeRunFolders, runFoldersOf } from './run-folders.ts';

/**
 * Makes the run's container run, or finds that it does: however often this is called, in however many processes, the
 * run has at most one container. Returns the time at which it started.
 */
export async function startContainer(
  deps: HostDeps,
  input: RunJobInput,
  attempt: Attempt,
): Promise<{ startedAt: string }> {
  const { runId } = input;
  const name = containerNameOf(runId);
  const known = deps.journal.read(runId);
  if (known.acceptedAt === undefined) deps.journal.append(runId, { step: 'accepted', runId });
  deps.timeline.add(runId, 'accepted', { at: known.acceptedAt });
  if (known.end) return { startedAt: known.end.startedAt };

  const found = await deps.runner.findContainer(name);
  if (found) assertOurs(found, input);
  else {
    // Before a start was tried nothing has happened yet; after it, a second container would be a second run.
    if (known.starting) throw new AppError('CONTAINER_VANISHED', { name });
    await createContainer(deps, input, attempt);
  }
  if (!found || found.state.phase === 'created') await startCreated(deps, input);
  const startedAt = await startedTime(deps, input);
  // Nobody will follow a run that was canceled while it was starting.
  if (attempt.isCanceled()) {
    await deps.runner.stop(name, { graceMs: input.settings.cancelGraceSeconds * 1000 });
    attempt.signal.throwIfAborted();
  }
  return { startedAt };
}

async function createContainer(deps: HostDeps, input: RunJobInput, attempt: Attempt): Promise<void> {
  const { runId, jobId, hostId, settings } = input;
  const { host, settings: agentSettings } = deps.loadSettings();
  const plan = planAgentRun(input, host, agentSettings);
  const folders = runFoldersOf(deps.home, runId);
  await makeRunFolders(folders, plan.files, deps.user);
  if (!(await deps.runner.hasImage(plan.image))) await deps.runner.pullImage(plan.image, attempt.signal);
  deps.timeline.add(runId, 'image_ready');
  attempt.signal.throwIfAborted();
  const created = await deps.runner.create({
    ...{ name: containerNameOf(runId), runId, jobId, hostId, attempt: attempt.number },
    ...{ image: plan.image, command: plan.command, user: deps.user, limits: settings.limits },
    ...{ network: agentsNetwork, inFolder: folders.in, outFolder: folders.out },
  });
  if (created === 'taken') {
    assertOurs(await deps.runner.findContainer(containerNameOf(runId)), input);
    return;
  }
  deps.journal.append(runId, { step: 'created', containerId: created.id });
  deps.timeline.add(runId, 'created');
}

async function startCreated(deps: HostDeps, { runId }: RunJobInput): Promise<void> {
  deps.journal.append(runId, { step: 'starting' });
  await deps.runner.start(containerNameOf(runId));
}

async function startedTime(deps: HostDeps, { runId }: RunJobInput): Promise<string> {
  const name = containerNameOf(runId);
  const container = await deps.runner.findContainer(name);
  if (!container || container.state.phase === 'created') throw new AppError('CONTAINER_VANISHED', { name });
  const { startedAt } = container.state;
  deps.journal.append(runId, { step: 'started', startedAt });
  deps.timeline.add(runId, 'started', { at: startedAt });
  deps.log.info({ runId, containerId: container.id }, 'run container started');
  return startedAt;
}

/** The name is the fence: whoever holds it without our label is not this run. */
function assertOurs(container: Container | undefined, { runId }: RunJobInput): void {
  if (container?.runId !== runId) throw new AppError('CONTAINER_NAME_TAKEN', { name: containerNameOf(runId) });
}
