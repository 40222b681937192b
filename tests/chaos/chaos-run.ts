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
  // Longer than anything that holds a cancel up.
  'goes-on': { count: 6000, everyMs: 50, exitCode: 0 },
} as const satisfies Record<string, Order>;
export type OrderName = keyof typeof orders;

const endOf = {
  'ends-0': { status: 'succeeded', code: undefined },
  'ends-3': { status: 'failed', code: 'CREDENTIALS_REFUSED' },
  'ends-9': { status: 'failed', code: 'AGENT_EXITED' },
  'goes-on': { status: 'succeeded', code: undefined },
} as const;

/** How the runs of a cell are to end. */
export type Ending = 'by itself' | 'canceled';

export interface Trial {
  host: ChaosHost;
  order: OrderName;
  runId: RunId;
  /** Of runs before it on the same host. */
  marksBefore: number;
}

export interface Verdict {
  isLost: boolean;
  isDoubled: boolean;
  isStatusRight: boolean;
  isLogComplete: boolean;
  /** What was found where it is not all right. */
  found: string[];
}

/** All that is known of a run that is over: what the product says, and what engine and agent say. */
export interface Facts {
  run: Pick<Run, 'status' | 'failure' | 'exitCode' | 'startedAt'>;
  log: string[];
  /** Files that the agent left, one for each of its starts, as they were seen on the host's disk. None: it never came to speak. */
  marks: number;
  /** Those of them that the product has kept. */
  artifacts: number;
  witnessed: Witnessed;
}

const endsWithinMs = 180_000;

/** Waits for the end of a run and judges it. */
export async function judge(
  controlPlane: ControlPlaneProcess,
  { host, runId, order, marksBefore }: Trial,
  ending: Ending,
  witnessed: () => Witnessed,
): Promise<Verdict> {
  const run = await findEnded(controlPlane, runId);
  if (!run) return neverEnded(`${runId} did not end within ${endsWithinMs / 1000} s`);
  const log = await wholeLog(controlPlane, runId);
  // The engine's word of the end may come a moment later.
  await until(() => witnessed().exitCodes.length >= witnessed().starts).catch(() => undefined);
  const marks = host.marks().length - marksBefore;
  const artifacts = run.artifacts.filter(({ name }) => name.startsWith('start-')).length;
  const verdict = verdictOf({ run, log, marks, artifacts, witnessed: witnessed() }, order, ending);
  return { ...verdict, found: verdict.found.map((found) => `${runId}: ${found}`) };
}

/** Of what is lost, nothing is known. */
export const neverEnded = (found: string): Verdict => ({
  isLost: true,
  isDoubled: false,
  isStatusRight: false,
  isLogComplete: false,
  found: [found],
});

export function verdictOf(facts: Facts, order: OrderName, ending: Ending): Verdict {
  const { run, log, marks, artifacts, witnessed } = facts;
  const { starts, exitCodes } = witnessed;
  const wasToRun = ending === 'by itself' || run.status !== 'canceled';
  const told =
    `told as ${run.status} ${run.failure?.code ?? ''} with exit code ${run.exitCode}; ` +
    `the engine saw ${starts} starts, and exits with ${exitCodes.join() || 'none'}`;
  const found: string[] = [];
  const check = (isRight: boolean, what: string) => {
    if (!isRight) found.push(what);
    return isRight;
  };
  return {
    isLost: !check(starts >= (wasToRun ? 1 : 0) && starts === exitCodes.length, told),
    isDoubled: !check(starts <= 1 && marks <= 1, `${starts} starts, ${marks} marks of a start`),
    isStatusRight: check(isRightlyTold(facts, order, ending), told),
    isLogComplete: check(
      isWhole(facts, order),
      `log of ${log.length} lines, ${artifacts} of ${marks} marks, last ${log.at(-1)}`,
    ),
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

function isRightlyTold({ run, witnessed }: Facts, order: OrderName, ending: Ending): boolean {
  const { starts, exitCodes } = witnessed;
  if (run.exitCode !== (exitCodes[0] ?? null)) return false;
  if ((run.startedAt !== null) !== starts > 0) return false;
  if (ending === 'canceled') return run.status === 'canceled' && (starts === 0 || run.exitCode === 143);
  const { status, code } = endOf[order];
  return run.status === status && run.failure?.code === code && run.exitCode === orders[order].exitCode;
}

/** Each line that the agent said, once, in its order, as it was said; how many those are, the last of them says. */
function isWhole({ run, log, marks, artifacts }: Facts, order: OrderName): boolean {
  if (artifacts !== marks) return false;
  if (marks === 0) return run.status === 'canceled' && log.length === 0;
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
