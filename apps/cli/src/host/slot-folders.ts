import { lstatSync, rmSync } from 'node:fs';
import path from 'node:path';
import { AppError, type HostId, plural } from '@bigeye/contracts';
import {
  type AgentSettings,
  ensureFolder,
  findMachine,
  findSlotHolder,
  type HostHome,
  listRunSlots,
  namesIn,
  type RunSlot,
  runSlotsOf,
  type StackUser,
  slotsFor,
} from '@bigeye/host-kit';
import type { Terminal } from '../terminal.ts';

/**
 * The slots that this host is to have: as many as the settings say, or else as its machine is good for; and all up to the last one that a
 * run still has. Fewer than there were are told.
 */
export async function planSlots(
  { home, terminal }: { home: HostHome; terminal: Terminal },
  hostId: HostId,
  { orchestrator }: AgentSettings,
): Promise<RunSlot[]> {
  const before = listRunSlots(home, hostId);
  const wanted = orchestrator.slots ?? (await slotsOfMachine(terminal, before.length));
  const held = before.filter((slot) => findSlotHolder(slot) !== undefined);
  return runSlotsOf(home, hostId, Math.max(wanted, ...held.map(({ number }) => number)));
}

async function slotsOfMachine(terminal: Terminal, before: number): Promise<number> {
  const machine = await findMachine();
  const slots = slotsFor(machine);
  const gib = (machine.memoryBytes / 1024 ** 3).toFixed(0);
  if (slots < before)
    terminal.warn(
      `At most ${plural(slots, 'run')} at once from now on, not ${before}: what ${plural(machine.cpus, 'CPU')} and ${gib} GiB are good for. ` +
        `"orchestrator: {slots: ${before}}" in bigeye_agent.yml keeps it.`,
    );
  return slots;
}

/**
 * Nothing but slots may lie in the runs folder: a link there would be a way out of it. Folders of runs of earlier versions
 * are no slots, but ours to remove. Throws RUNS_FOLDER_FOREIGN.
 */
export function checkRunsFolder(home: HostHome): void {
  const foreign = namesIn(home.runs).filter(
    (name) => !lstatSync(path.join(home.runs, name)).isDirectory() || !(isSlot(name) || isOldRun(name)),
  );
  if (foreign.length > 0) throw new AppError('RUNS_FOLDER_FOREIGN', { folder: home.runs, names: foreign });
}

/**
 * Makes the folders of the slots and removes those of slots that are no more. The runs folder stays the operator's; guard
 * and orchestrator see what lies in it, and only the stack's user what lies in a slot.
 */
export function makeSlotFolders(home: HostHome, slots: RunSlot[], owner: StackUser): void {
  ensureFolder(home.runs, { mode: 0o755, owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 } });
  const wanted = slots.flatMap((slot) => [slot.in, slot.out]);
  for (const folder of wanted) ensureFolder(folder, { mode: 0o700, owner });
  for (const name of namesIn(home.runs)) {
    const folder = path.join(home.runs, name);
    if (!wanted.includes(folder)) rmSync(folder, { recursive: true, force: true });
  }
}

const isSlot = (name: string) => /^slot-\d\d-(?:in|out)$/.test(name);
const isOldRun = (name: string) => /^bigeye-run-[0-9a-z]+-(?:in|out)$/.test(name);
