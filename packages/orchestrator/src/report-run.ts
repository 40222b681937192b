import {
  AgentOutputLine,
  type ContainerEnd,
  containerNameOf,
  isAppError,
  type RunId,
  RunOutcome,
  runLimits,
  type SecretMask,
  toStorable,
} from '@bigeye/contracts';
import { EngineAway } from '@bigeye/host-kit';
import { backOffMs, pause } from '@bigeye/service-kit';
import { findContainerOf } from './find-container.ts';
import type { HostDeps } from './host-deps.ts';
import { readOutFiles } from './run-folders.ts';

/** Files left out that the timeline names; the log names all. */
const leftOutTold = 10;
/** The result is the agent's last line; a few lines of others may follow it on the way. */
const resultTail = 50;

interface RunReport {
  runId: RunId;
  end: ContainerEnd;
  mask: SecretMask;
}

/** Sends what the agent left and what it said of its work. Returns when the control plane has it. */
export async function reportRun(deps: HostDeps, { runId, end, mask }: RunReport, signal: AbortSignal): Promise<void> {
  let untold = leftOutTold;
  const slot = deps.slots.find(runId);
  for await (const file of slot ? readOutFiles(slot.out) : []) {
    if ('leftOut' in file) {
      deps.log.warn({ runId, file: file.leftOut, reason: file.reason }, 'artifact left out');
      if (untold-- > 0) deps.timeline.add(runId, 'left_out', { detail: `artifact: ${file.leftOut}, ${file.reason}` });
    } else await sendArtifact(deps, runId, file, signal);
  }
  await sendOutcome(deps, { runId, end, outcome: await findOutcome(deps, runId, mask, signal) }, signal);
  deps.timeline.add(runId, 'reported');
  await deps.timeline.drained(runId, signal);
}

/** What the agent said must not decide how the run ended: where it is not taken, the exit is told without it. */
async function sendOutcome(
  deps: HostDeps,
  { runId, end, outcome }: { runId: RunId; end: ContainerEnd; outcome: RunOutcome | null },
  signal: AbortSignal,
): Promise<void> {
  try {
    await deps.hostApi.insist(
      'putOutcome',
      { params: { runId }, body: { exit: end, outcome, resources: deps.usage.find(runId) } },
      signal,
    );
  } catch (error) {
    // Where the control plane has ended the run meanwhile, what it recorded stands.
    if (!isAppError(error, 'RUN_ENDED') && !(isAppError(error, 'INVALID_INPUT') && outcome)) throw error;
    deps.log.warn({ runId, err: error }, 'outcome not taken');
    if (error.code === 'RUN_ENDED') return;
    deps.timeline.add(runId, 'left_out', { detail: `outcome: not taken (${error.code})` });
    await sendOutcome(deps, { runId, end, outcome: null }, signal);
  }
}

async function sendArtifact(
  deps: HostDeps,
  runId: RunId,
  { name, content }: { name: string; content: Uint8Array<ArrayBuffer> },
  signal: AbortSignal,
): Promise<void> {
  try {
    await deps.hostApi.insist('putArtifact', { params: { runId, name }, rawBody: content }, signal);
  } catch (error) {
    signal.throwIfAborted();
    deps.log.warn({ runId, file: name, err: error }, 'artifact not taken');
    const reason = isAppError(error) ? error.code : 'see the log of the orchestrator';
    deps.timeline.add(runId, 'left_out', { detail: `artifact: ${name}, not taken (${reason})` });
  }
}

/** From the end of the log, not from what this process happened to see of it: it may have been restarted. */
async function findOutcome(
  deps: HostDeps,
  runId: RunId,
  mask: SecretMask,
  signal: AbortSignal,
): Promise<RunOutcome | null> {
  const name = containerNameOf(runId);
  for (let failures = 0; ; failures++) {
    signal.throwIfAborted();
    try {
      if (!(await findContainerOf(deps, runId))) return null;
      let outcome: RunOutcome | null = null;
      for await (const line of deps.runner.readLog(name, { tail: resultTail, follow: false, signal }))
        if (line.stream === 'stdout') outcome = parseOutcome(mask.mask(line.text)) ?? outcome;
      return outcome;
    } catch (error) {
      if (!(error instanceof EngineAway)) throw error;
      await pause(backOffMs(failures), signal);
    }
  }
}

function parseOutcome(text: string): RunOutcome | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const line = AgentOutputLine.safeParse(JSON.parse(text));
    if (!line.success || line.data.type !== 'result') return undefined;
    return withinLimits(line.data);
  } catch {
    return undefined;
  }
}

/** What the control plane takes of an outcome: what is too much of it would be no reason to lose the rest. */
function withinLimits({ message, counts }: RunOutcome): RunOutcome {
  const kept = Object.entries(counts).filter(([name]) => name.length <= runLimits.outcomeCountName);
  const left = Object.keys(counts).length - Math.min(kept.length, runLimits.outcomeCounts);
  const note = left > 0 ? ` (${left} more counts were left out.)` : '';
  return RunOutcome.parse({
    message: toStorable(message.slice(0, runLimits.outcomeMessage - note.length) + note),
    counts: Object.fromEntries(kept.slice(0, runLimits.outcomeCounts).map(([name, n]) => [toStorable(name), n])),
  });
}
