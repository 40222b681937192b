import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type HostId, hostLimits, RunId, RunLimits } from '@bigeye/contracts';
import { dockerNameOf, type HostHome } from './host-home.ts';

export const mostSlots = hostLimits.slots;
/** Of the guard: it follows the log of each run, and waits for its end. */
export const streamsOfRun = 2;

/** What the engine has. */
export interface Machine {
  cpus: number;
  memoryBytes: number;
}

/**
 * How many runs a machine takes at once where nobody said so, each with the limits that a job has by default: two for a CPU, since a run
 * waits for its source most of the time, in three quarters of the memory. A CPU is shared by those that want it; memory is not.
 */
export function slotsFor({ cpus, memoryBytes }: Machine): number {
  const limits = RunLimits.parse({});
  const byMemory = (0.75 * memoryBytes) / (limits.memoryMib * 1024 ** 2);
  const byCpus = (2 * cpus) / limits.cpus;
  return Math.max(1, Math.min(Math.floor(byCpus), Math.floor(byMemory), mostSlots));
}

/**
 * A place for one run at a time: two folders that are there before the stack is, and a network of its own. The folders are
 * mounted one by one into the orchestrator, which can so write in each and replace none.
 */
export interface RunSlot {
  number: number;
  /** Host folders: `/in` and `/out` of the run's container. */
  in: string;
  out: string;
  network: string;
  /** Says which run has the slot, for as long as it does. */
  claim: string;
}

export function runSlotOf(home: HostHome, hostId: HostId, number: number): RunSlot {
  const name = `slot-${String(number).padStart(2, '0')}`;
  return {
    number,
    in: path.join(home.runs, `${name}-in`),
    out: path.join(home.runs, `${name}-out`),
    network: `bigeye-runs-${dockerNameOf(hostId, 46)}-${name.slice(-2)}`,
    claim: path.join(home.journal, `${name}.run`),
  };
}

/** The slots 1 to `count`. */
export function runSlotsOf(home: HostHome, hostId: HostId, count: number): RunSlot[] {
  return Array.from({ length: count }, (_, index) => runSlotOf(home, hostId, index + 1));
}

/** The slots that this host has now, as the CLI made them. */
export function listRunSlots(home: HostHome, hostId: HostId): RunSlot[] {
  const numbers = namesIn(home.runs).flatMap((name) => /^slot-(\d\d)-in$/.exec(name)?.[1] ?? []);
  return numbers.sort().map((number) => runSlotOf(home, hostId, Number(number)));
}

/** The run that has the slot; undefined for a free one. */
export function findSlotHolder({ claim }: RunSlot): RunId | undefined {
  try {
    return RunId.parse(readFileSync(claim, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What lies in a folder; nothing where there is none. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
