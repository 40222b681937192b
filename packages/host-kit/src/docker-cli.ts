import { AppError } from '@bigeye/contracts';
import { execa } from 'execa';

/** One `docker` command whose output is read. `timeoutMs`: a hanging engine answers nothing, for ever. */
export interface DockerReply {
  exitCode: number;
  stdout: string;
  stderr: string;
  timedOut: boolean;
  missing: boolean;
}

export async function docker(args: string[], { timeoutMs = 20_000 } = {}): Promise<DockerReply> {
  const reply = await execa('docker', args, {
    env: { LC_ALL: 'C' },
    timeout: timeoutMs,
    reject: false,
    stdin: 'ignore',
  });
  return {
    exitCode: reply.exitCode ?? 1,
    stdout: reply.stdout,
    stderr: reply.stderr,
    timedOut: reply.timedOut,
    missing: reply.cause instanceof Error && 'code' in reply.cause && reply.cause.code === 'ENOENT',
  };
}

export function dockerFailure(args: string[], reply: DockerReply): AppError<'COMPOSE_FAILED'> {
  const reason = reply.timedOut ? 'no answer in time' : lastLine(reply.stderr) || `exit code ${reply.exitCode}`;
  return new AppError('COMPOSE_FAILED', { command: `docker ${args.join(' ')}`, reason });
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
