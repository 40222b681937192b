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
  const { rows } = await client.query<{ commits: string; pids: number[] }>(
    `select (select sum(xact_commit) from pg_stat_database) as commits,
      array(select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()) as pids`,
  );
  return {
    at: performance.now(),
    controlPlane: costOf(controlPlane),
    temporal: costOf(temporal),
    postgres: (rows[0]?.pids ?? []).map(costOf).reduce(sum, { rssMib: 0, cpuSeconds: 0 }),
    descriptors: readdirSync(`/proc/${controlPlane}/fd`).length,
    commits: Number(rows[0]?.commits),
  };
}

function costOf(pid: number): Cost {
  const rssKib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  // The name of the program stands in brackets and may hold blanks.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return { rssMib: rssKib / 1024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksInSecond };
}

const sum = (one: Cost, other: Cost): Cost => ({
  rssMib: one.rssMib + other.rssMib,
  cpuSeconds: one.cpuSeconds + other.cpuSeconds,
});
