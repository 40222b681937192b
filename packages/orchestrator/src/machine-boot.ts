import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** A machine's time between two restarts. */
export interface MachineBoot {
  /** Undefined where the system does not tell. */
  id: string | undefined;
  at: Date;
}

/** Of the machine that the engine runs on: containers see its kernel. */
export function readMachineBoot(): MachineBoot {
  return { id: readBootId(), at: new Date(Date.now() - uptime() * 1000) };
}

function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
