import { type ApiKeySummary, plural } from '@bigeye/contracts';
import { formatCount } from '../../lib/format.ts';

/** How many there are, and whether some of them are probably forgotten. */
export function keysAnswer({ personal, agents }: ApiKeySummary): string {
  const parts = [
    personal.keys > 0 && plural(personal.keys, 'personal key'),
    agents && agents.keys > 0 && plural(agents.keys, 'agent key'),
  ].filter(Boolean);
  if (parts.length === 0) return 'No key yet.';
  const unused = personal.neverUsed + (agents?.neverUsed ?? 0);
  const never = unused === 1 ? ' 1 was never used.' : unused > 1 ? ` ${formatCount(unused)} were never used.` : '';
  return `${parts.join(', ')}.${never}`;
}
