import { setMaxListeners } from 'node:events';
import { isAbsolute } from 'node:path';
import { AppError, HostId, JobId, LogLine, RunId, RunLimits } from '@bigeye/contracts';
import {
  type Container,
  type ContainerRunner,
  type ContainerSpec,
  type ContainerState,
  type ContainerUsage,
  EngineAway,
  type LogRequest,
  type ReadLine,
} from '@bigeye/host-kit';

/** A container of the fake engine, as the program in it and the test see it. */
export interface FakeContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly state: ContainerState;
  /** What it takes while it runs. */
  usage: ContainerUsage;
  print(text: string, stream?: 'stdout' | 'stderr'): void;
  exit(code: number, options?: { outOfMemory?: boolean }): void;
  /** What happens at SIGTERM; without it, the program ignores the signal and is killed after the grace time. */
  onTerminate: (() => void) | undefined;
}

export interface FakeContainerRunner extends ContainerRunner {
  /** Every call throws EngineAway while this is true. Containers go on, as they do under a dead daemon. */
  away: boolean;
  readonly containers: ReadonlyMap<string, FakeContainer>;
  /** Calls of create, start, stop and remove in their order, for example `start bigeye-run-…`. */
  readonly calls: string[];
  readonly images: Set<string>;
  /** Names of the containers whose end somebody waits for at this moment. */
  readonly waiting: readonly string[];
  /** Ends all waits and streams, as a killed daemon does. */
  cutConnections(): void;
}

interface Entry extends FakeContainer {
  state: ContainerState;
  log: ReadLine[];
}

/**
 * A container engine in memory, held to the same contract as the real one. `programs`: the command, joined by spaces →
 * what it does when it starts; a command without a program runs until it is stopped.
 */
export function createFakeContainerRunner(options: {
  programs?: Record<string, (container: FakeContainer) => void>;
  images: string[];
}): FakeContainerRunner {
  const containers = new Map<string, Entry>();
  const images = new Set(options.images);
  const calls: string[] = [];
  const waiting: string[] = [];
  const changes = new EventTarget();
  setMaxListeners(0, changes);
  let connection = new AbortController();
  let lastNanos = BigInt(Date.now()) * 1_000_000n;

  /** Times grow like the engine's, with nanoseconds, so that no two lines share one unless a test wants it. */
  const now = (): string => {
    const wall = BigInt(Date.now()) * 1_000_000n;
    lastNanos = wall > lastNanos ? wall : lastNanos + 1n;
    const millis = Number(lastNanos / 1_000_000n);
    return `${new Date(millis).toISOString().slice(0, 19)}.${String(lastNanos % 1_000_000_000n).padStart(9, '0')}Z`;
  };
  const changed = () => void changes.dispatchEvent(new Event('change'));
  const reach = async (): Promise<void> => {
    if (runner.away) throw new EngineAway('the fake engine is away');
  };
  const nextChange = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const done = () => {
        changes.removeEventListener('change', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (signal.aborted) return resolve();
      changes.addEventListener('change', done);
      signal.addEventListener('abort', done);
    });

  const makeContainer = (spec: ContainerSpec): Entry => {
    const entry: Entry = {
      id: crypto.randomUUID().replaceAll('-', '').repeat(2),
      spec,
      state: { phase: 'created' },
      log: [],
      usage: { memoryBytes: 4 * 1024 ** 2, cpuSeconds: 0.05, processes: 1 },
      onTerminate: undefined,
      print: (text, stream = 'stdout') => {
        entry.log.push(...piecesOf({ at: now(), stream, text }));
        changed();
      },
      exit: (exitCode, { outOfMemory = false } = {}) => {
        if (entry.state.phase !== 'running') return;
        const { startedAt } = entry.state;
        entry.state = { phase: 'exited', exitCode, outOfMemory, startedAt, finishedAt: new Date().toISOString() };
        changed();
      },
    };
    return entry;
  };

  const runner: FakeContainerRunner = {
    away: false,
    containers,
    calls,
    images,
    waiting,
    cutConnections: () => {
      connection.abort();
      connection = new AbortController();
    },
    pullImage: async (image) => {
      await reach();
      throw new AppError('IMAGE_PULL_FAILED', { image, reason: 'the fake registry has nothing' });
    },
    findContainer: async (name) => {
      await reach();
      const entry = containers.get(name);
      return entry && viewOf(entry);
    },
    listContainers: async (hostId) => {
      await reach();
      return [...containers.values()]
        .filter(({ spec }) => spec.hostId === hostId)
        .map(({ spec }) => ({ name: spec.name, runId: spec.runId }));
    },
    create: async (given) => {
      await reach();
      const spec = parseSpec(given);
      calls.push(`create ${spec.name}`);
      if (containers.has(spec.name)) return 'taken';
      if (!images.has(spec.image)) return 'no image';
      const entry = makeContainer(spec);
      containers.set(spec.name, entry);
      return { id: entry.id };
    },
    start: async (name) => {
      await reach();
      const entry = containers.get(name);
      if (!entry) throw new AppError('CONTAINER_START_FAILED', { reason: `No such container: ${name}` });
      if (entry.state.phase !== 'created') return;
      calls.push(`start ${name}`);
      entry.state = { phase: 'running', startedAt: new Date().toISOString() };
      changed();
      options.programs?.[entry.spec.command.join(' ')]?.(entry);
    },
    waitForEnd: async (name, signal) => {
      await reach();
      const cut = connection.signal;
      const any = AbortSignal.any([signal, cut]);
      waiting.push(name);
      while (containers.get(name)?.state.phase === 'running' && !any.aborted) await nextChange(any);
      waiting.splice(waiting.indexOf(name), 1);
      if (cut.aborted && !signal.aborted) throw new EngineAway('the connection was cut');
    },
    readLog: async function* (name, { since, tail, follow, signal }: LogRequest) {
      await reach();
      const cut = connection.signal;
      const any = AbortSignal.any([cut, ...(signal ? [signal] : [])]);
      const entry = containers.get(name);
      if (!entry) throw new Error(`No such container: ${name}`);
      const wanted = entry.log.filter((line) => since === undefined || line.at >= since);
      let at = entry.log.length - Math.min(wanted.length, tail ?? wanted.length);
      for (;;) {
        signal?.throwIfAborted();
        if (cut.aborted) throw new EngineAway('the connection was cut');
        const line = entry.log[at];
        if (line) {
          at++;
          yield line;
        } else if (follow && entry.state.phase === 'running' && containers.has(name)) await nextChange(any);
        else return;
      }
    },
    readUsage: async (name) => {
      await reach();
      const entry = containers.get(name);
      return entry?.state.phase === 'running' ? { ...entry.usage } : 'not running';
    },
    stop: async (name, { graceMs }) => {
      await reach();
      const entry = containers.get(name);
      if (entry?.state.phase !== 'running') return;
      calls.push(`stop ${name}`);
      entry.onTerminate?.();
      const grace = AbortSignal.timeout(graceMs);
      while (entry.state.phase === 'running' && !grace.aborted) await nextChange(grace);
      entry.exit(137);
    },
    remove: async (name) => {
      await reach();
      if (!containers.has(name)) return;
      calls.push(`remove ${name}`);
      containers.get(name)?.exit(137);
      containers.delete(name);
      changed();
    },
  };
  return runner;
}

/** The engine's adapter cuts what is longer. */
const maxLineLength = 65_536;

function piecesOf(line: LogLine): ReadLine[] {
  const pieces = Array.from({ length: Math.ceil(line.text.length / maxLineLength) || 1 }, (_, n) =>
    LogLine.parse({ ...line, text: line.text.slice(n * maxLineLength, (n + 1) * maxLineLength) }),
  );
  return pieces.map((piece, n) => (n + 1 < pieces.length ? { ...piece, goesOn: true } : piece));
}

/** Throws where a field is none by the contracts; with the real engine the guard would refuse it. */
function parseSpec(spec: ContainerSpec): ContainerSpec {
  const { name, command, user, inFolder, outFolder } = spec;
  RunId.parse(name.replace(/^bigeye-run-/, 'run_'));
  if (command.length === 0) throw new TypeError('a container without a command');
  if (!(user.uid > 0 && user.gid > 0)) throw new TypeError(`a container of user ${user.uid}:${user.gid}`);
  for (const folder of [inFolder, outFolder])
    if (!isAbsolute(folder)) throw new TypeError(`a mount of the relative path ${folder}`);
  return {
    ...spec,
    runId: RunId.parse(spec.runId),
    jobId: JobId.parse(spec.jobId),
    hostId: HostId.parse(spec.hostId),
    limits: RunLimits.parse(spec.limits),
  };
}

function viewOf({ id, spec, state }: Entry): Container {
  return { id, name: spec.name, runId: spec.runId, state };
}
