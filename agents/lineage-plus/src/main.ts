import { agentMain } from '@bigeye/agent-kit';
import { lineagePlus } from './lineage-plus.ts';

await agentMain(lineagePlus);
