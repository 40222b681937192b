import { userInfo } from 'node:os';
import { AppError, containerNameOf, type HostId, isAppError, RunId } from '@bigeye/contracts';
import { execa } from 'execa';
import { projectNameOf, stackServices } from './compose-file.ts';
import { runLabels } from './containers/container-runner.ts';
import { pullFailureOf } from './containers/pull-failure.ts';
import { docker, dockerFailure, lastLine } from './docker-cli.ts';
import type { HostHome } from './host-home.ts';
import type { Machine } from './run-slots.ts';

export interface ServiceState {
  service: string;
  state: string;
  health: string;
  status: string;
}

/** Throws DOCKER_CLI_MISSING. Needs no engine. */
export async function assertDockerCli(): Promise<void> {
  const reply = await docker(['--version']);
  if (reply.missing || reply.exitCode === 127) throw new AppError('DOCKER_CLI_MISSING', {});
}

/** Throws COMPOSE_V2_MISSING. Without flags of its own, because a missing plugin makes Docker choke on those. */
export async function assertComposeV2(): Promise<void> {
  const reply = await docker(['compose', 'version']);
  const version = /version v?(\d+)[.\d]*\S*/.exec(reply.stdout);
  if (reply.exitCode === 0 && Number(version?.[1]) >= 2) return;
  throw new AppError('COMPOSE_V2_MISSING', { found: version?.[0] ?? (await legacyCompose()) });
}

async function legacyCompose(): Promise<string> {
  const reply = await execa('docker-compose', ['version', '--short'], { reject: false, timeout: 10_000 });
  return reply.exitCode === 0 && reply.stdout ? `docker-compose ${reply.stdout.trim()}` : '';
}

/**
 * Asks the engine itself, since `docker compose` proves nothing about access. Returns the path of its local socket.
 * Throws DOCKER_ENDPOINT_UNSUPPORTED, DOCKER_ACCESS_DENIED or DOCKER_NOT_RUNNING.
 */
export async function assertEngineAccess(): Promise<string> {
  const endpoint = await engineEndpoint();
  if (!endpoint.startsWith('unix://')) throw new AppError('DOCKER_ENDPOINT_UNSUPPORTED', { endpoint });
  const reply = await docker(['version', '--format', '{{.Server.Version}}'], { timeoutMs: 15_000 });
  if (reply.exitCode === 0 && reply.stdout.trim()) return endpoint.slice('unix://'.length);
  if (/permission denied/i.test(reply.stderr)) throw new AppError('DOCKER_ACCESS_DENIED', { user: operatorName() });
  throw new AppError('DOCKER_NOT_RUNNING', { endpoint });
}

/** Throws COMPOSE_FAILED. */
export async function findMachine(): Promise<Machine> {
  const args = ['info', '--format', '{{.NCPU}} {{.MemTotal}}'];
  const reply = await docker(args);
  const [, cpus, memoryBytes] = /^(\d+) (\d+)$/.exec(reply.stdout.trim()) ?? [];
  if (cpus === undefined) throw dockerFailure(args, reply);
  return { cpus: Number(cpus), memoryBytes: Number(memoryBytes) };
}

/** A user id need not have a name. */
function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
}

async function engineEndpoint(): Promise<string> {
  const reply = await docker(['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']);
  const endpoint = reply.stdout.trim();
  if (reply.exitCode === 0 && endpoint) return endpoint;
  throw new AppError('DOCKER_ENDPOINT_UNSUPPORTED', { endpoint: lastLine(reply.stderr) || 'that is set' });
}

/** Ends and removes the containers of runs that are still on this machine. `hostId`: whose they are. */
export async function removeRunContainers(hostId: HostId): Promise<void> {
  const list = await docker(['ps', '--all', '--quiet', ...ownedBy(hostId)]);
  const ids = list.stdout.split('\n').filter(Boolean);
  if (ids.length > 0) await docker(['rm', '--force', ...ids], { timeoutMs: 60_000 });
}

const ownedBy = (hostId: HostId) => ['--filter', `label=com.bigeye.proxy.owner=${hostId}`];

/** The runs of the host that have a container on this machine. */
export async function listRunContainers(hostId: HostId, { onlyRunning }: { onlyRunning: boolean }): Promise<RunId[]> {
  const which = onlyRunning ? [] : ['--all'];
  const args = ['ps', ...which, ...ownedBy(hostId), '--format', `{{.Label "${runLabels.run}"}}`];
  const reply = await docker(args);
  if (reply.exitCode !== 0) throw dockerFailure(args, reply);
  return reply.stdout.split('\n').flatMap((line) => RunId.safeParse(line).data ?? []);
}

/** SIGTERM, and SIGKILL after `graceSeconds`. One that is gone is no fault. */
export async function stopRunContainer(runId: RunId, graceSeconds: number): Promise<void> {
  await docker(['stop', '-t', String(graceSeconds), containerNameOf(runId)], {
    timeoutMs: graceSeconds * 1000 + 30_000,
  });
}

export async function isImagePresent(image: string): Promise<boolean> {
  return (await docker(['image', 'inspect', '--format', '{{.Id}}', image])).exitCode === 0;
}

/** Throws IMAGE_NOT_FOUND, IMAGE_PULL_DENIED, REGISTRY_UNREACHABLE, IMAGE_PULL_FAILED, with the engine's reason. */
export async function pullImage(image: string): Promise<void> {
  const reply = await docker(['pull', '--quiet', image], { timeoutMs: 1_800_000 });
  if (reply.exitCode === 0) return;
  const reason = lastLine(reply.stderr);
  const failure = pullFailureOf(image, reason);
  throw isAppError(failure) ? failure : new AppError('IMAGE_PULL_FAILED', { image, reason });
}

/** Compose writes the terminal's code for "erase this line" before each line of a log, even where the output is no terminal. */
function* withoutLineClearing(line: unknown) {
  yield String(line).replaceAll('\u001b[2K', '');
}

/** The guard tells the fingerprint of its policy with every answer to GET /version. */
const printGuardPolicy =
  "require('node:http').get({ port: 2375, path: '/version', headers: { Connection: 'close' } }, " +
  "(reply) => console.log(reply.headers['x-bigeye-policy'] ?? ''))";

export type StackCli = ReturnType<typeof createStackCli>;

/** `docker compose` for the stack of one host. */
export function createStackCli(home: HostHome, hostId: HostId) {
  const base = ['compose', '--project-name', projectNameOf(hostId), '--file', home.composeFile];
  const compose = async (args: string[], timeoutMs = 300_000): Promise<string> => {
    const reply = await docker([...base, ...args], { timeoutMs });
    if (reply.exitCode !== 0) throw dockerFailure(['compose', ...args], reply);
    return reply.stdout;
  };
  return {
    /** Starts what is not as the file says and waits until both services are healthy. Throws STACK_UNHEALTHY. */
    up: async ({ recreate = false, services = [] as string[] } = {}): Promise<void> => {
      const forced = recreate ? ['--force-recreate'] : [];
      try {
        await compose([
          'up',
          '--detach',
          '--wait',
          '--wait-timeout',
          '180',
          '--remove-orphans',
          ...forced,
          ...services,
        ]);
      } catch (error) {
        throw unhealthyService(await listServices().catch(() => [])) ?? error;
      }
    },
    status: listServices,
    /** What the guard that runs now enforces, in its own words. */
    guardPolicy: async (): Promise<string> => {
      const answer = await compose(['exec', '-T', stackServices.guard, 'node', '-e', printGuardPolicy], 30_000);
      return answer.trim();
    },
    /** The same of the policy file that the guard's container sees, which the guard read when it started. */
    guardFilePolicy: async (): Promise<string> => {
      const explain = ['node', '/app/main.mjs', '--explain', 'GET', '/version'];
      return JSON.parse(await compose(['exec', '-T', stackServices.guard, ...explain], 30_000)).policy;
    },
    /** `--ignore-pull-failures`: an image that was only built here is kept as it is. */
    pull: () => compose(['pull', '--quiet', '--ignore-pull-failures'], 1_800_000),
    /** False where the service does not run. */
    signal: async (service: string, name: string): Promise<boolean> => {
      const state = (await listServices()).find((row) => row.service === service)?.state;
      if (state !== 'running') return false;
      await compose(['kill', '--signal', name, service]);
      return true;
    },
    stop: (service: string) => compose(['stop', service]),
    down: () => compose(['down', '--remove-orphans']),
    /** Writes to this process's own output until the end, or until interrupted when following. Returns the exit code. */
    logs: async (options: { service: string; follow: boolean; tail: string }): Promise<number> => {
      const plain = process.stdout.isTTY ? [] : ['--no-color'];
      const args = [
        ...base,
        'logs',
        ...plain,
        '--tail',
        options.tail,
        ...(options.follow ? ['--follow'] : []),
        options.service,
      ];
      const stdout = process.stdout.isTTY ? ('inherit' as const) : ([withoutLineClearing, 'inherit'] as const);
      const reply = await execa('docker', args, { stdin: 'ignore', stdout, stderr: 'inherit', reject: false });
      return reply.exitCode ?? 1;
    },
  };

  async function listServices(): Promise<ServiceState[]> {
    const text = await compose(['ps', '--all', '--format', 'json'], 30_000);
    return parseServiceStates(text);
  }
}

/** Compose prints an array or one object a line, depending on its version. */
export function parseServiceStates(text: string): ServiceState[] {
  const rows: unknown[] = text
    .trim()
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => JSON.parse(line));
  const known = rows.map((row) => {
    const { Service, State, Health, Status } = row as Record<string, string | undefined>;
    return { service: Service ?? '', state: State ?? '', health: Health ?? '', status: Status ?? '' };
  });
  const absent = Object.values(stackServices)
    .filter((service) => !known.some((row) => row.service === service))
    .map((service) => ({ service, state: 'absent', health: '', status: 'not created' }));
  return [...known, ...absent];
}

/** The guard first: without it the orchestrator is not even started. */
function unhealthyService(states: ServiceState[]): AppError<'STACK_UNHEALTHY'> | undefined {
  const order: string[] = [stackServices.guard, stackServices.orchestrator];
  const bad = states
    .filter((row) => row.state !== 'running' || row.health !== 'healthy')
    .sort((a, b) => order.indexOf(a.service) - order.indexOf(b.service))[0];
  if (!bad || bad.state === 'absent') return undefined;
  return new AppError('STACK_UNHEALTHY', { service: bad.service, state: bad.status || bad.health || bad.state });
}
