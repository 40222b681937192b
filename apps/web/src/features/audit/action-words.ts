import { sentenceOf } from '../../lib/format.ts';

/** `createAgentApiKey` → `Create agent API key`. */
export const actionWords = (action: string): string => sentenceOf(action).replace(/\bapi\b/, 'API');

const isId = (value: string): boolean => /^[a-z]{3}_[0-9a-z]{20}$/.test(value);

/** Names first: ids say the least to people. */
export function detailWords(details: Record<string, string>): string {
  const pairs = Object.entries(details).sort(([, a], [, b]) => Number(isId(a)) - Number(isId(b)));
  return pairs.map(([name, value]) => `${name}: ${value}`).join(', ');
}
