import type { ApiKeyInfo } from '@bigeye/contracts';
import { formatCount } from '../../lib/format.ts';

/** How many there are, and whether some of them are probably forgotten. */
export function keysAnswer(personal: ApiKeyInfo[], agents: ApiKeyInfo[] = []): string {
  const parts = [counted(personal, 'personal key'), counted(agents, 'agent key')].filter(Boolean);
  if (parts.length === 0) return 'No key yet.';
  const unused = [...personal, ...agents].filter(({ lastUsedAt }) => lastUsedAt === null).length;
  const never = unused === 1 ? ' 1 was never used.' : unused > 1 ? ` ${formatCount(unused)} were never used.` : '';
  return `${parts.join(', ')}.${never}`;
}

function counted({ length }: ApiKeyInfo[], word: string): string | undefined {
  if (length === 0) return undefined;
  return `${formatCount(length)} ${word}${length === 1 ? '' : 's'}`;
}
