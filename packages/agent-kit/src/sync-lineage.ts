import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { LineageSyncState } from '@bigeye/contracts';
import { AgentFailure } from './agent-failure.ts';
import type { BigeyeClient } from './bigeye-client.ts';

const pack = promisify(gzip);
type Completed = Extract<LineageSyncState, { status: 'COMPLETED' }>;

export interface LineageSync {
  readonly repositoryId: number;
  /** The parts as JSON, the same each time it is called: once to name them, once to send those that are asked for. */
  readonly parts: () => AsyncIterable<string>;
  /** Parts sent of those that were missing. */
  readonly onProgress: (done: number, total: number) => void;
}

/** Others may push parts out between two rounds, but not for ever. */
const mostRounds = 5;

/**
 * Makes the parts what the repository holds, and sends only those that the control plane does not have. One part is in memory
 * at a time. Throws AgentFailure `targetRefused`.
 */
export async function syncLineage(
  client: Pick<BigeyeClient, 'syncLineageParts' | 'putLineageSyncPart'>,
  { repositoryId, parts, onProgress }: LineageSync,
): Promise<Completed & { sent: number }> {
  const digests: string[] = [];
  for await (const part of parts()) digests.push(digestOf(part));
  let sent = 0;
  for (let round = 0; ; ) {
    const state = await client.syncLineageParts(repositoryId, { parts: digests });
    if (state.status === 'COMPLETED') return { ...state, sent };
    // The control plane answers only after a while, so this is no hot loop.
    if (state.status === 'RUNNING') continue;
    if (round++ >= mostRounds) {
      const message = `The control plane still misses ${state.missing.length} parts that were sent.`;
      throw new AgentFailure('targetRefused', message, "See the control plane's log, then start the run again.");
    }
    const missing = new Set(state.missing);
    const total = missing.size;
    for await (const part of parts()) {
      const digest = digestOf(part);
      if (!missing.delete(digest)) continue;
      await client.putLineageSyncPart(repositoryId, digest, new Uint8Array(await pack(part)));
      sent++;
      onProgress(total - missing.size, total);
    }
  }
}

function digestOf(part: string): string {
  return createHash('sha256').update(part).digest('hex');
}
