import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import { lineageLimits } from '@bigeye/contracts';

/** The lines of the file that are neither edge nor node. */
export const syncFileMarks = { edges: '{"edges":[', nodes: '],"nodes":[', end: '],"cleanupStale":true}' } as const;

/** Characters, which are at most three bytes each; a line of the largest view is far below the rest. */
export interface PartSizes {
  readonly least: number;
  readonly most: number;
  /** On average one line in this many ends its part. */
  readonly oneIn: number;
}

const sizes: PartSizes = { least: 256 * 1024, most: lineageLimits.partBytes / 4, oneIn: 1_024 };

/**
 * Cuts the file of a sync into parts, each the JSON of a LineageSyncPart. Where a part ends is decided by what its last line
 * holds, not by its place in the file: a view that is added or changed changes the part around it, and the others stay what the
 * control plane has already.
 */
export async function* syncParts(path: string, { least, most, oneIn }: PartSizes = sizes): AsyncGenerator<string> {
  let part = { nodes: [] as string[], edges: [] as string[] };
  let into: keyof typeof part = 'edges';
  let size = 0;
  const cut = () => {
    const json = `{"nodes":[${part.nodes.join(',')}],"edges":[${part.edges.join(',')}]}`;
    part = { nodes: [], edges: [] };
    size = 0;
    return json;
  };
  for await (const line of linesOf(path)) {
    if (line === syncFileMarks.nodes) into = 'nodes';
    if (marks.has(line)) continue;
    const item = line.endsWith(',') ? line.slice(0, -1) : line;
    if (size > 0 && size + item.length > most) yield cut();
    part[into].push(item);
    size += item.length;
    if (size >= least && crc32(item) % oneIn === 0) yield cut();
  }
  if (size > 0) yield cut();
}

const marks = new Set<string>(['', ...Object.values(syncFileMarks)]);

/** By line feeds alone: node:readline also splits at U+2028, which JSON may hold as it is. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of createReadStream(path, 'utf8')) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  yield rest;
}
