import type { AgentsOnHost } from './agents/agent-on-host.ts';
import { lineagePlus } from './agents/lineage-plus.ts';

/** The agent types that a host of this version can install and run; the others it only knows by name. */
export const agentsOnHost = {
  LINEAGE_PLUS: lineagePlus,
} as const satisfies AgentsOnHost;
