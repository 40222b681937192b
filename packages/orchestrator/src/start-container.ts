import { AppError, containerNameOf, type RunId, type RunJobInput, type StartedOnHost } from '@bigeye/contracts';
import { type Container, type ContainerSpec, planAgentRun, type RunSlot } from '@bigeye/host-kit';
import { pause } from '@bigeye/service-kit';
import { findLackOfSpace } from './disk-space.ts';
import type { Attempt, HostDeps } from './host-deps.ts';
import { writeInFiles } from './run-folders.ts';
import { recordStart } from './run-start.ts';
import { settleStart } from './settle-start.ts';

/**
 * How long one attempt waits for what holds it up. While it waits it holds one of the worker's places for activities, and the runs that
 * have the slots need such a place to end.
 */
const patienceMs = 5_000;
const pollMs = 250;

/**
 * Makes the run's container run, or finds that it does: however often this is called, in however many processes, the
 * run has at most one container. Returns the time at which it started; `null` where a cancel came before.
 */
export async function startContainer(deps: HostDeps, input: RunJobInput, attempt: Attempt): Promise<StartedOnHost> {
  const { runId } = input;
  if (deps.journal.read(runId).settled) return await settleStart(deps, input);
  try {
    return await createAndStart(deps, input, attempt);
  } catch (error) {
    if (attempt.isCanceled() || deps.journal.read(runId).settled) return await settleStart(deps, input);
    throw error;
  }
}

async function createAndStart(deps: HostDeps, input: RunJobInput, attempt: Attempt): Promise<StartedOnHost> {
  const { runId } = input;
  const name = containerNameOf(runId);
  const known = deps.journal.read(runId);
  if (known.end) return { startedAt: known.end.startedAt };
  const acceptedAt = known.acceptedAt ?? deps.journal.append(runId, { step: 'accepted', runId });
  deps.timeline.add(runId, 'accepted', { at: acceptedAt });

  const mayBeThere = known.acceptedAt !== undefined || input.wasStarted;
  // The name is the fence, so the first attempt need not look before it creates.
  const found = mayBeThere ? await deps.runner.findContainer(name) : undefined;
  // Before a start was tried nothing has happened yet; after it, a second container would be a second run.
  if (!found && (known.starting || input.wasStarted)) throw new AppError('CONTAINER_VANISHED', { name });
  const container = found ?? (await createContainer(deps, input, attempt));
  if (container) assertOurs(container, input);
  if (!container || container.state.phase === 'created') {
    // Nothing may come between this look and the entry: whoever settles the start reads it.
    if (deps.journal.read(runId).settled) throw new Error('The start of this run was settled: it has none.');
    attempt.signal.throwIfAborted();
    if (deps.stopRuns.aborted) throw new Error('This host stops its runs and starts no more.');
    deps.journal.append(runId, { step: 'starting' });
    await deps.runner.start(name);
  }
  return { startedAt: await findStart(deps, input) };
}

/** Returns the container that holds the name already, or undefined for a new one. */
async function createContainer(deps: HostDeps, input: RunJobInput, attempt: Attempt): Promise<Container | undefined> {
  const { runId } = input;
  const spec = await prepare(deps, input, attempt);
  let created = await deps.runner.create(spec);
  if (created === 'no image') {
    await deps.runner.pullImage(spec.image, attempt.signal);
    attempt.signal.throwIfAborted();
    created = await deps.runner.create(spec);
  }
  if (created === 'no image') throw new AppError('IMAGE_PULL_FAILED', { image: spec.image, reason: 'it is not there' });
  deps.timeline.add(runId, 'image_ready');
  deps.timeline.add(runId, 'created');
  return created === 'taken' ? await findHolder(deps, spec, attempt) : undefined;
}

/**
 * The container that has the name; undefined where it was free after all and is there now. The engine keeps a name for a
 * container that it is about to make or to remove, while nobody can see one: as of another attempt at the same start.
 */
async function findHolder(deps: HostDeps, spec: ContainerSpec, attempt: Attempt): Promise<Container | undefined> {
  for (const until = Date.now() + patienceMs; Date.now() < until; ) {
    const holder = await deps.runner.findContainer(spec.name);
    if (holder) return holder;
    if (typeof (await deps.runner.create(spec)) === 'object') return undefined;
    await pause(pollMs, attempt.signal);
    attempt.signal.throwIfAborted();
  }
  // No failure of ours: the next attempt looks again.
  throw new Error(`The engine keeps the name ${spec.name}, and shows no container of it.`);
}

async function prepare(deps: HostDeps, input: RunJobInput, attempt: Attempt): Promise<ContainerSpec> {
  const { runId, jobId, hostId, settings } = input;
  const { host, settings: agentSettings } = deps.loadSettings();
  const { image, command, files } = planAgentRun(input, host, agentSettings);
  const slot = await claimSlot(deps, input, attempt);
  await writeInFiles(slot, files, deps.user);
  return {
    name: containerNameOf(runId),
    runId,
    jobId,
    hostId,
    attempt: attempt.number,
    image,
    command,
    user: deps.user,
    limits: settings.limits,
    network: slot.network,
    inFolder: slot.in,
    outFolder: slot.out,
  };
}

/** Throws HOST_DISK_FULL, HOST_DRAINED or NO_FREE_SLOT. */
async function claimSlot(deps: HostDeps, { runId }: RunJobInput, attempt: Attempt): Promise<RunSlot> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const slot = (await findLackOfSpace(deps)) ?? tryClaim(deps, runId);
    if (!(slot instanceof AppError)) return slot;
    deps.waits.begin(runId, slot);
    if (Date.now() > until) throw slot;
    await pause(pollMs, attempt.signal);
    attempt.signal.throwIfAborted();
  }
}

/**
 * A slot, or what keeps the run from having one. Without a turn between the look and the claim: a heartbeat that says "drained" and
 * then lists the slots has listed all that there will be.
 */
function tryClaim({ drain, slots, hostId }: HostDeps, runId: RunId): RunSlot | AppError {
  const own = slots.find(runId);
  if (own) return own;
  const order = drain.find();
  if (order) return new AppError('HOST_DRAINED', { hostId, ...order });
  return slots.claim(runId) ?? new AppError('NO_FREE_SLOT', { hostId, slots: slots.count() });
}

async function findStart(deps: HostDeps, { runId }: RunJobInput): Promise<string> {
  const name = containerNameOf(runId);
  const container = await deps.runner.findContainer(name);
  if (!container || container.state.phase === 'created') throw new AppError('CONTAINER_VANISHED', { name });
  return recordStart(deps, runId, { id: container.id, startedAt: container.state.startedAt });
}

function assertOurs(container: Container, { runId }: RunJobInput): void {
  if (container.runId !== runId) throw new AppError('CONTAINER_NAME_TAKEN', { name: containerNameOf(runId) });
}
