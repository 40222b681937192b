import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Drain } from '@bigeye/contracts';
import { type HostHome, writeFileAtomically } from '@bigeye/host-kit';

/** Whether this host is to start nothing new. A file, so that it outlives the orchestrator, and a control plane that is away. */
export interface DrainOrder {
  find(): Drain | undefined;
  /** Returns whether that is news. */
  set(drain: Drain | null): boolean;
}

export function createDrainOrder(home: HostHome): DrainOrder {
  const file = path.join(home.journal, 'drained.json');
  const order: DrainOrder = {
    find: () => {
      try {
        return Drain.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
      } catch {
        return undefined;
      }
    },
    set: (drain) => {
      const text = drain && JSON.stringify(drain);
      const known = order.find();
      if ((known ? JSON.stringify(known) : null) === text) return false;
      if (text === null) rmSync(file, { force: true });
      else writeFileAtomically(file, text, { mode: 0o600 });
      return true;
    },
  };
  return order;
}
