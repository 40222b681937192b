import type { LogLine } from '@bigeye/contracts';

export interface ChunkLimits {
  lines: number;
  bytes: number;
  /** A chunk is handed on when its first line has waited this long for others, */
  gatherMs: number;
  /** and not sooner than this after the one before. */
  apartMs: number;
}

/** Gathers lines as they come. A chunk never ends between a `system` line of ours and the line it stands before. */
export async function* inChunks(lines: AsyncIterable<LogLine>, limits: ChunkLimits): AsyncIterable<LogLine[]> {
  const iterator = lines[Symbol.asyncIterator]();
  let chunk: LogLine[] = [];
  let bytes = 0;
  let due = Number.POSITIVE_INFINITY;
  let lastAt = Number.NEGATIVE_INFINITY;
  let next = iterator.next();
  try {
    for (;;) {
      const step = await within(next, due - Date.now());
      if (step !== 'late') {
        if (step.done) break;
        if (chunk.length === 0) due = Math.max(Date.now() + limits.gatherMs, lastAt + limits.apartMs);
        chunk.push(step.value);
        bytes += Buffer.byteLength(step.value.text);
        next = iterator.next();
        // The await above meets its failure. Once the consumer has left nobody does, and an unhandled rejection would end the process.
        next.catch(() => {});
      }
      const full = step === 'late' || chunk.length >= limits.lines || bytes >= limits.bytes;
      if (!full) continue;
      if (chunk.at(-1)?.stream === 'system') {
        due = Number.POSITIVE_INFINITY;
        continue;
      }
      lastAt = Date.now();
      yield chunk;
      chunk = [];
      bytes = 0;
      due = Number.POSITIVE_INFINITY;
    }
    if (chunk.length > 0) yield chunk;
  } finally {
    await iterator.return?.();
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | 'late'> {
  if (ms === Number.POSITIVE_INFINITY) return promise;
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), Math.max(0, ms));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
