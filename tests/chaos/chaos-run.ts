import { isActive, type Run, type RunId } from '@bigeye/contracts';
import { until } from '@bigeye/testkit';
import type { ControlPlaneProcess } from '../support/control-plane-process.ts';
import { lineOf } from './agent/line-of.ts';
import type { ChaosHost } from './chaos-host.ts';
import type { Witnessed } from './engine-witness.ts';

export interface Order {
  count: number;
  everyMs: number;
  exitCode: number;
}

/** What the agents are told to do, by the name of their connection: they end in three ways. */
export const orders = {
  'ends-0': { count: 100, everyMs: 30, exitCode: 0 },
  'ends-3': { count: 100, everyMs: 30, exitCode: 3 },
  'ends-9': { count: 100, everyMs: 30, exitCode: 9 },
} as const satisfies Record<string, Order>;
export type OrderName = keyof typeof orders;

const endOf = {
  'ends-0': { status: 'succeeded', code: undefined },
  'ends-3': { status: 'failed', code: 'CREDENTIALS_REFUSED' },
  'ends-9': { status: 'failed', code: 'AGENT_EXITED' },
} as const;

/** How a run of a cell may end: by itself, canceled, or either, where a cancel and the end meet. */
export type Ending = 'by itself' | 'canceled' | 'either';

export interface Trial {
  host: ChaosHost;
  order: OrderName;
  runId: RunId;
}

export interface Verdict {
  isLost: boolean;
  isDoubled: boolean;
  isStatusRight: boolean;
  isLogComplete: boolean;
  /** What was found where it is not all right. */
  found: string[];
}

const endsWithinMs = 180_000;

/** Waits for the end of a run, and compares what the product says of it with what engine and agent say. */
export async function judge(
  controlPlane: ControlPlaneProcess,
  { runId, order }: Trial,
  ending: Ending,
  witnessed: () => Witnessed,
): Promise<Verdict> {
  const run = await findEnded(controlPlane, runId);
  if (!run) return { ...allWrong, found: [`${runId} did not end within ${endsWithinMs / 1000} s`] };
  const log = await wholeLog(controlPlane, runId);
  // Its end was told by the engine before; its event may come a moment later.
  const settled = () => witnessed().exitCodes.length >= witnessed().starts;
  await until(settled).catch(() => undefined);
  const { starts, exitCodes } = witnessed();
  const marks = run.artifacts.filter(({ name }) => name.startsWith('start-')).length;
  const found: string[] = [];
  const check = (isRight: boolean, what: string) => {
    if (!isRight) found.push(`${runId}: ${what}`);
    return isRight;
  };
  const wasToRun = ending === 'by itself' || run.status !== 'canceled';
  return {
    isLost: !check(starts >= (wasToRun ? 1 : 0) && starts === exitCodes.length, told(run, starts, exitCodes)),
    isDoubled: !check(starts <= 1 && marks <= 1, `${starts} starts, ${marks} marks of a start`),
    isStatusRight: check(isRightlyTold(run, order, ending, { starts, exitCodes }), told(run, starts, exitCodes)),
    isLogComplete: check(isWhole(log, run, order, starts), `log of ${log.length} lines, ${JSON.stringify(log.at(-1))}`),
    found,
  };
}

/** Waits for the run's end, whether or not the control plane answers meanwhile; undefined where it does not come. */
export async function findEnded({ admin }: ControlPlaneProcess, runId: RunId): Promise<Run | undefined> {
  const over = async () => {
    const run = await admin.call('getRun', { params: { runId } }).catch(() => undefined);
    return run && !isActive(run.status) && run;
  };
  return await until(over, { timeoutMs: endsWithinMs }).catch(() => undefined);
}

const allWrong = { isLost: true, isDoubled: false, isStatusRight: false, isLogComplete: false };

const told = ({ status, exitCode, failure }: Run, starts: number, exits: number[]) =>
  `told as ${status} ${failure?.code ?? ''} with exit code ${exitCode}; the engine saw ${starts} starts, and exits with ${exits.join() || 'none'}`;

function isRightlyTold(run: Run, order: OrderName, ending: Ending, { starts, exitCodes }: Witnessed): boolean {
  if (run.exitCode !== (exitCodes[0] ?? null)) return false;
  const { status, code } = endOf[order];
  const isByItself =
    run.status === status && run.failure?.code === code && run.exitCode === orders[order].exitCode && starts === 1;
  const isCanceled =
    run.status === 'canceled' &&
    (starts === 0 ? run.startedAt === null : run.startedAt !== null && run.exitCode === 143);
  if (ending === 'either') return isByItself || isCanceled;
  return ending === 'canceled' ? isCanceled : isByItself;
}

/** Each line that the agent said, once, in its order, as it was said; how many those are, the last of them says. */
function isWhole(log: string[], run: Run, order: OrderName, starts: number): boolean {
  if (starts === 0) return log.length === 0;
  const result = log.at(-1) ?? '';
  const said = log.length - 1;
  if (run.status !== 'canceled' && said !== orders[order].count) return false;
  if (!result.startsWith('{') || JSON.parse(result).counts.lines !== said) return false;
  return log.slice(0, -1).every((line, index) => line === lineOf(index + 1));
}

async function wholeLog({ admin }: ControlPlaneProcess, runId: RunId): Promise<string[]> {
  const texts: string[] = [];
  for (let after = 0; ; ) {
    const page = await admin.call('getRunLog', { params: { runId }, query: { after } });
    texts.push(...page.lines.map(({ text }) => text));
    if (page.lines.length === 0) return texts;
    after = page.nextAfter;
  }
}
