import { linkSync, rmSync, writeFileSync } from 'node:fs';
import type { HostId, RunId } from '@bigeye/contracts';
import { findSlotHolder, type HostHome, listRunSlots, type RunSlot } from '@bigeye/host-kit';
import { emptyFolder } from './empty-folder.ts';

/** Which run has which slot of this host. A claim is a file, so it outlives the orchestrator and two never win. */
export interface SlotClaims {
  /** The slot that the run has already, or a free one, which is empty; undefined where all are taken. */
  claim(runId: RunId): RunSlot | undefined;
  find(runId: RunId): RunSlot | undefined;
  /** Empties the run's slot and gives it back. A run without a slot is fine. */
  release(runId: RunId): Promise<void>;
  /** Empties what nobody has claimed. After a power cut a claim may be gone that was there. */
  tidy(): Promise<void>;
  listRunIds(): RunId[];
  count(): number;
}

export function createSlotClaims(home: HostHome, hostId: HostId): SlotClaims {
  const slots = () => listRunSlots(home, hostId);
  const heldBy = (runId: RunId | undefined) => slots().filter((slot) => findSlotHolder(slot) === runId);
  const find = (runId: RunId) => heldBy(runId)[0];
  return {
    find,
    claim: (runId) => find(runId) ?? slots().find((slot) => tryClaim(slot, runId)),
    release: async (runId) => {
      for (const slot of heldBy(runId)) {
        await empty(slot);
        rmSync(slot.claim, { force: true });
      }
    },
    tidy: async () => {
      for (const slot of heldBy(undefined)) await empty(slot);
    },
    listRunIds: () => slots().flatMap((slot) => findSlotHolder(slot) ?? []),
    count: () => slots().length,
  };
}

async function empty(slot: RunSlot): Promise<void> {
  await emptyFolder(slot.in);
  await emptyFolder(slot.out);
}

/** By a link, which fails where the name is there: the claim is whole from the first moment on, and has one winner. */
function tryClaim({ claim }: RunSlot, runId: RunId): boolean {
  const draft = `${claim}.${runId}`;
  writeFileSync(draft, runId, { flush: true });
  try {
    linkSync(draft, claim);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}
