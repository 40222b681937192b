import { readdirSync, readFileSync } from 'node:fs';

/** What a process and all that it started cost so far. */
export interface Cost {
  cpuMs: number;
  /** Proportional: what processes share counts once. */
  memoryMib: number;
}

const msPerTick = 10;

/** Of the process alone, or with its descendants: PostgreSQL has a process for each connection. */
export function costOf(pid: number, { withChildren = false } = {}): Cost {
  const pids = withChildren ? familyOf(pid) : [pid];
  const costs = pids.map((one) => ({ cpuMs: cpuMsOf(one, withChildren), memoryMib: memoryMibOf(one) }));
  return {
    cpuMs: costs.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    memoryMib: Math.round(costs.reduce((sum, { memoryMib }) => sum + memoryMib, 0)),
  };
}

/** Milliseconds by the name of the thread; of threads that are still there. */
export function threadsOf(pid: number): Map<string, number> {
  const threads = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readText(`/proc/${pid}/task/${thread}/stat`);
    const name = thread === String(pid) ? 'main' : (/\((.*)\)/.exec(stat)?.[1] ?? '?');
    threads.set(name, (threads.get(name) ?? 0) + ticksOf(stat) * msPerTick);
  }
  return threads;
}

function familyOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readText(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(familyOf)];
}

/** With `ofEnded`, those that it waited for too. */
function cpuMsOf(pid: number, ofEnded: boolean): number {
  const stat = readText(`/proc/${pid}/stat`);
  return (ticksOf(stat) + (ofEnded ? ticksOf(stat, 13) : 0)) * msPerTick;
}

/** User and system time of a `stat` file; from field 13 on, of children that have ended. */
function ticksOf(stat: string, at = 11): number {
  const fields = stat.replace(/^.*\) /, '').split(' ');
  return Number(fields[at] ?? 0) + Number(fields[at + 1] ?? 0);
}

const memoryMibOf = (pid: number): number =>
  Number(/^Pss:\s+(\d+)/m.exec(readText(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;

/** A thread or process may end while it is looked at. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
