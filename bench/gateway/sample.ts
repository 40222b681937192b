import { readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';

/** What a server costs at a moment: resident memory, and processor time of all its life. */
interface Cost {
  rssMib: number;
  cpuSeconds: number;
}
export interface Sample {
  at: number;
  controlPlane: Cost;
  temporal: Cost;
  postgres: Cost;
  /** Descriptors that the control plane has open. */
  descriptors: number;
  /** Transactions that PostgreSQL has committed: one for each statement outside of one. */
  commits: number;
}

export interface Watched {
  controlPlane: number;
  temporal: number;
  client: pg.Client;
}

const ticksInSecond = 100;

export async function sample({ controlPlane, temporal, client }: Watched): Promise<Sample> {
  const { rows } = await client.query<{ commits: string; pid: number }>(
    'select sum(xact_commit) as commits, pg_backend_pid() as pid from pg_stat_database',
  );
  return {
    at: performance.now(),
    controlPlane: costOf(controlPlane),
    temporal: costOf(temporal),
    postgres: costOfServer(rows[0]?.pid ?? 0),
    descriptors: readdirSync(`/proc/${controlPlane}/fd`).length,
    commits: Number(rows[0]?.commits),
  };
}

export function costOf(pid: number): Cost & { parent: number; cpuSecondsOfEnded: number } {
  const rssKib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  // The name of the program stands in brackets and may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .map(Number);
  const [parent = 0, user = 0, system = 0, userOfEnded = 0, systemOfEnded = 0] = [1, 11, 12, 13, 14].map(
    (n) => fields[n],
  );
  return {
    parent,
    rssMib: rssKib / 1024,
    cpuSeconds: (user + system) / ticksInSecond,
    cpuSecondsOfEnded: (userOfEnded + systemOfEnded) / ticksInSecond,
  };
}

/** Of a server of many processes, by one of them. What they share is counted for each, so its memory is an upper bound. */
function costOfServer(pid: number): Cost {
  const { parent } = costOf(pid);
  const own = costOf(parent);
  const total = { rssMib: own.rssMib, cpuSeconds: own.cpuSeconds + own.cpuSecondsOfEnded };
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const one = costOf(Number(name));
      if (one.parent !== parent) continue;
      total.rssMib += one.rssMib;
      total.cpuSeconds += one.cpuSeconds;
    } catch {
      // It has ended since it was listed.
    }
  }
  return total;
}
