import { AgentFailure } from './agent-failure.ts';
import { parseProperties } from './properties-file.ts';

/**
 * Reads the connections of one properties file: keys are `name.N=value`, N = 1, 2, … A key that is not in `knownNames` is
 * a mistake of the operator's, answered with the nearest known one, because a silently ignored key is found too late.
 * @returns the values of each N under their names, in the order of N
 */
export function readNumberedProperties(
  text: string,
  options: { fileName: string; knownNames: readonly string[] },
): Map<number, Record<string, string>> {
  const connections = new Map<number, Record<string, string>>();
  for (const [key, value] of parseProperties(text)) {
    const [, name = key, index] = /^(.+)\.(\d+)$/.exec(key) ?? [];
    if (index === undefined || !options.knownNames.includes(name)) {
      throw new AgentFailure(
        'usage',
        `${options.fileName} has the unknown key "${key}".`,
        `Use "${nearest(name, options.knownNames)}.${index ?? 'N'}", or remove the line.`,
      );
    }
    connections.set(Number(index), { ...connections.get(Number(index)), [name]: value });
  }
  return new Map([...connections].sort(([a], [b]) => a - b));
}

/** The candidate with the fewest typing mistakes away from `word`. */
function nearest(word: string, candidates: readonly string[]): string {
  const ranked = candidates.map((candidate) => ({ candidate, distance: editDistance(word, candidate) }));
  return ranked.sort((a, b) => a.distance - b.distance)[0]?.candidate ?? word;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
