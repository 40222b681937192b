import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

export interface LaunchOptions {
  command: readonly string[];
  /** Asked until it says yes. `pid`: of the child, so that nobody else's answer passes for its own. */
  isReady(pid: number): boolean | Promise<boolean>;
  /** Ends the waiting, and with it the child. */
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  /** How a child is ended that is not wanted any more before it was ready. */
  abandonBy?: NodeJS.Signals;
}

export interface ChildServer {
  readonly pid: number;
  /** What it said last on standard error. */
  lastWords(): string;
  /** Settles when it is gone, whoever ended it. */
  readonly over: Promise<void>;
  /** Asks it to end, insists after `timeoutMs`, and waits until it is gone. */
  stop(signal: NodeJS.Signals, timeoutMs: number): Promise<void>;
}

const askEveryMs = 10;
const abandonMs = 5_000;

/**
 * Starts a server as a child and waits until it serves. Throws, with its last words, where it ends before that, is not ready
 * in time or the signal fires; no child is left then.
 */
export async function launchServer(options: LaunchOptions): Promise<ChildServer> {
  const { signal, timeoutMs = 60_000, abandonBy = 'SIGKILL' } = options;
  signal?.throwIfAborted();
  const [program = '', ...args] = options.command;
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let lastWords = '';
  child.stderr.on('data', (data: Buffer) => {
    lastWords = (lastWords + data.toString()).slice(-2000);
  });
  let failure: Error | undefined;
  const over = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      failure = error;
      resolve();
    });
    // Not `exit`: the last words come before this.
    child.once('close', (code, by) => {
      failure = new Error(`ended with ${by ?? code}: ${lastWords.trim()}`);
      resolve();
    });
  });
  const server: ChildServer = {
    pid: child.pid ?? 0,
    lastWords: () => lastWords.trim(),
    over,
    stop: (by, limitMs) => stop(child, over, by, limitMs),
  };
  try {
    for (const deadline = Date.now() + timeoutMs; ; await delay(askEveryMs)) {
      signal?.throwIfAborted();
      if (failure) throw failure;
      if (await options.isReady(server.pid)) return server;
      if (Date.now() > deadline) throw new Error(`not ready after ${timeoutMs / 1000} s: ${lastWords.trim()}`);
    }
  } catch (error) {
    await server.stop(abandonBy, abandonMs);
    throw error;
  }
}

async function stop(
  child: ChildProcess,
  over: Promise<void>,
  signal: NodeJS.Signals,
  timeoutMs: number,
): Promise<void> {
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await over;
  clearTimeout(timer);
}

/**
 * The command, so that the kernel sends the child `signal` when this process dies, even by SIGKILL. Where there is no such
 * thing (macOS, a minimal image) the command as it is: the next start must then look for what was left behind.
 */
export function endingWithUs(signal: 'KILL' | 'QUIT', command: readonly string[]): readonly string[] {
  const prefix = ['setpriv', '--pdeathsig', signal, '--'];
  const [program = '', ...args] = [...prefix, 'true'];
  return process.platform === 'linux' && spawnSync(program, args).status === 0 ? [...prefix, ...command] : command;
}
