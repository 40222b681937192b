import type { ControlPlaneActivities } from '@bigeye/contracts';
import type { RunStore } from '../runs/run-store.ts';

/** What a workflow does in the control plane itself: one effect each, safe to repeat. */
export function createControlPlaneActivities(runStore: RunStore): ControlPlaneActivities {
  return { recordRunStatus: (input) => runStore.recordStatus(input) };
}
