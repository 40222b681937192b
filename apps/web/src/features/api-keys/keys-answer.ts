import { type ApiKeyInfo, plural } from '@bigeye/contracts';
import { formatCount } from '../../lib/format.ts';

/** How many there are, and whether some of them are probably forgotten. */
export function keysAnswer(personal: ApiKeyInfo[], agents: ApiKeyInfo[] = []): string {
  const parts = [
    personal.length > 0 && plural(personal.length, 'personal key'),
    agents.length > 0 && plural(agents.length, 'agent key'),
  ].filter(Boolean);
  if (parts.length === 0) return 'No key yet.';
  const unused = [...personal, ...agents].filter(({ lastUsedAt }) => lastUsedAt === null).length;
  const never = unused === 1 ? ' 1 was never used.' : unused > 1 ? ` ${formatCount(unused)} were never used.` : '';
  return `${parts.join(', ')}.${never}`;
}
