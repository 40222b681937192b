import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type HostId, hostLimits, RunId } from '@bigeye/contracts';
import { dockerNameOf, type HostHome } from './host-home.ts';

/** What a host that says nothing has; as many runs go on at once. */
export const defaultSlots = 24;
export const mostSlots = hostLimits.slots;

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
