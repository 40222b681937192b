import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { AppError } from '@bigeye/contracts';
import { type HostHome, loadAgentFile, projectNameOf, registeredHost } from '@bigeye/host-kit';

/** Starts `docker compose <args>` for the stack of this host; output comes by pipes. Throws HOST_NOT_REGISTERED. */
export function composeProcess(home: HostHome, args: string[]): ChildProcess {
  const { hostId } = registeredHost(home, loadAgentFile(home).settings);
  const stack = ['compose', '--project-name', projectNameOf(hostId), '--file', home.composeFile];
  return spawn('docker', [...stack, ...args], { stdio: 'pipe' });
}

/** Runs a command in the container of a service and returns its standard output. Throws COMPOSE_FAILED. */
export async function runInService(
  home: HostHome,
  service: string,
  command: string[],
  input: string | Uint8Array,
): Promise<string> {
  const child = composeProcess(home, ['exec', '--no-TTY', service, ...command]);
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  // Where the command ends before it has read its input, its exit code tells more than the broken pipe.
  child.stdin?.on('error', () => {}).end(input);
  const outputs = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')));
  const [[stdout = '', stderr = ''], code] = await Promise.all([outputs, ended]);
  if (code === 0) return stdout;
  const reason = stderr.trim().replace(/\.$/, '').split('\n').at(-1) || `exit code ${code}`;
  throw new AppError('COMPOSE_FAILED', { command: `docker compose exec ${service}`, reason });
}
