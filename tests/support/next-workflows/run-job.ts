import type { RunJobInput } from '@bigeye/contracts/workflow';
import { patched, sleep } from '@temporalio/workflow';
import { runJob as current } from '../../../packages/workflows/src/run-job.ts';

/** The workflow of a run as the next version may have it: one more command, guarded so that older histories replay. */
export async function runJob(input: RunJobInput): Promise<void> {
  if (patched('a-later-version')) await sleep(1);
  await current(input);
}
