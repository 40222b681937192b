import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { NativeConnection } from '@temporalio/worker';

/**
 * The attempts of activities that this process works on, as files, so that the next process can tell Temporal at once that
 * they ended with this one. Without that, Temporal waits for their heartbeats to time out. Not fsynced: what a power cut
 * takes, or a full disk, costs that wait, and nothing else.
 */
export interface OpenAttempts {
  /** Returns what to call when the attempt is over. */
  begin(taskToken: Uint8Array): () => void;
  /** The task tokens of a process that was here before, once. */
  takeLeftOver(): Uint8Array<ArrayBuffer>[];
}

export function createOpenAttempts(folder: string): OpenAttempts {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let count = 0;
  return {
    begin: (taskToken) => {
      const file = path.join(folder, `${process.pid}-${count++}`);
      try {
        writeFileSync(file, taskToken, { mode: 0o600 });
      } catch {
        // The attempt must go on: it is what tells that the disk is full, by its first entry in the journal.
      }
      return () => rmSync(file, { force: true });
    },
    takeLeftOver: () =>
      readdirSync(folder).map((name) => {
        const file = path.join(folder, name);
        const taskToken = new Uint8Array(readFileSync(file));
        rmSync(file, { force: true });
        return taskToken;
      }),
  };
}

/** Fails them, so that Temporal hands each activity out again now. One that is over already is no fault. */
export async function endAttempts(
  { connection, namespace, identity }: { connection: NativeConnection; namespace: string; identity: string },
  taskTokens: Uint8Array[],
): Promise<void> {
  const failure = {
    message: 'The orchestrator ended in the middle of this attempt.',
    // No code of ours: it is no reason for which a run fails.
    applicationFailureInfo: { type: 'OrchestratorEnded', nextRetryDelay: { nanos: 1_000_000 } },
  };
  const end = (taskToken: Uint8Array) =>
    connection.workflowService.respondActivityTaskFailed({ namespace, taskToken, identity, failure });
  await Promise.allSettled(taskTokens.map(end));
}
