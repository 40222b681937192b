import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RunId } from '@bigeye/contracts';
import { type TestStack, temporalCli } from './test-stack.ts';

const run = promisify(execFile);

/** The history of a run as Temporal's own CLI prints it (JSON). `flags`: further ones for `workflow show`. */
export async function historyOf(stack: TestStack, runId: RunId, ...flags: string[]): Promise<string> {
  const at = ['--address', stack.temporalAddress, '--namespace', stack.temporalNamespace];
  const show = ['workflow', 'show', '--workflow-id', runId, ...at, '--output', 'json'];
  return (await run(temporalCli, [...show, ...flags], { maxBuffer: 64 * 1024 * 1024 })).stdout;
}
