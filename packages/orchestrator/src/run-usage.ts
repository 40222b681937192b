import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { containerNameOf, ReportedResources, type RunId } from '@bigeye/contracts';
import type { ContainerUsage, HostHome } from '@bigeye/host-kit';

/** What was seen of a run so far. A file beside the journal, so that a restart of the orchestrator keeps the peaks. */
export interface RunUsage {
  add(runId: RunId, usage: ContainerUsage | 'refused'): void;
  find(runId: RunId): ReportedResources;
  remove(runId: RunId): void;
}

export function createRunUsage(home: HostHome): RunUsage {
  const fileOf = (runId: RunId) => path.join(home.journal, `${containerNameOf(runId)}.usage.json`);
  const find = (runId: RunId): ReportedResources => {
    try {
      return ReportedResources.parse(JSON.parse(readFileSync(fileOf(runId), 'utf8')));
    } catch {
      return { unknown: 'not_seen' };
    }
  };
  return {
    find,
    add: (runId, usage) => writeFileSync(fileOf(runId), JSON.stringify(withUsage(find(runId), usage)), { mode: 0o600 }),
    remove: (runId) => rmSync(fileOf(runId), { force: true }),
  };
}

function withUsage(before: ReportedResources, usage: ContainerUsage | 'refused'): ReportedResources {
  const known = 'unknown' in before ? undefined : before;
  if (usage === 'refused') return known ?? { unknown: usage };
  return {
    memoryPeakBytes: Math.max(usage.memoryBytes, known?.memoryPeakBytes ?? 0),
    // Grows; two looks at once may come in the wrong order.
    cpuSeconds: Math.max(usage.cpuSeconds, known?.cpuSeconds ?? 0),
    processesPeak: Math.max(usage.processes, known?.processesPeak ?? 0),
    readings: (known?.readings ?? 0) + 1,
    measuredUntil: new Date().toISOString(),
  };
}
