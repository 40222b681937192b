import { AppError, RunId } from '@bigeye/contracts';
import { z } from 'zod';
import { containerCreateBody } from './container-create.ts';
import {
  type Container,
  type ContainerRunner,
  type ContainerState,
  type ContainerUsage,
  EngineAway,
  EngineDiskFull,
  isDiskFull,
  runLabels,
} from './container-runner.ts';
import { createEngineClient, type EngineCall, type EngineClient, EngineRefusal } from './engine-client.ts';
import { parseLogFrames, sinceOf } from './log-frames.ts';
import { pullFailureOf } from './pull-failure.ts';

const Inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  State: z.object({
    Status: z.string(),
    OOMKilled: z.boolean(),
    ExitCode: z.number().int(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
  }),
});
const Listed = z.array(z.object({ Names: z.array(z.string()), Labels: z.record(z.string(), z.string()) }));
const Created = z.object({ Id: z.string() });
/** Of a container that does not run all of it is missing or 0. `inactive_file` is the name with cgroup v2. */
const Stats = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number().optional() }).optional() }).optional(),
  pids_stats: z.object({ current: z.number().optional() }).optional(),
  memory_stats: z
    .object({
      usage: z.number().optional(),
      stats: z.object({ total_inactive_file: z.number().optional(), inactive_file: z.number().optional() }).optional(),
    })
    .optional(),
});
const PullLine = z.looseObject({
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string() }).optional(),
});

/** The engine at `endpoint` (`tcp://…` of the guard, or `unix://…`): the only place that speaks its API. */
export function createDockerContainerRunner(endpoint: string): ContainerRunner {
  const engine = createEngineClient(endpoint);
  const find = async (name: string): Promise<Container | undefined> => {
    const reply = engine.json({ method: 'GET', path: `/containers/${name}/json` });
    // The guard shows nothing of a container that is not ours.
    const found = await orUndefined(403, orUndefined(404, reply));
    return found === undefined ? undefined : containerOf(Inspected.parse(found));
  };
  return {
    pullImage: (image, signal) => pullImage(engine, image, signal),
    findContainer: find,
    listContainers: async (hostId) => {
      const filters = JSON.stringify({ label: [runLabels.run, `${runLabels.host}=${hostId}`] });
      const rows = await engine.json({ method: 'GET', path: '/containers/json', query: { all: '1', filters } });
      return Listed.parse(rows).flatMap((row) => {
        const runId = RunId.safeParse(row.Labels[runLabels.run]);
        const name = row.Names[0]?.replace(/^\//, '');
        return runId.success && name ? [{ name, runId: runId.data }] : [];
      });
    },
    create: async (spec) => {
      const call: EngineCall = {
        method: 'POST',
        path: '/containers/create',
        query: { name: spec.name },
        body: containerCreateBody(spec),
      };
      try {
        return { id: Created.parse(await engine.json(call)).Id };
      } catch (error) {
        if (error instanceof EngineRefusal && error.status === 409) return 'taken';
        if (error instanceof EngineRefusal && error.status === 404) return 'no image';
        return rethrowStartFailure(error);
      }
    },
    start: async (name) => {
      await engine
        .json({ method: 'POST', path: `/containers/${name}/start` })
        .catch(ignoreNotModified)
        .catch(rethrowStartFailure);
    },
    waitForEnd: async (name, signal) => {
      const call: EngineCall = {
        method: 'POST',
        path: `/containers/${name}/wait`,
        query: { condition: 'not-running' },
        signal,
      };
      // Neither the status nor the body is believed here: a killed engine answers 200 with nothing in it.
      await drain(engine.stream(call)).catch((error: unknown) => {
        if (!signal.aborted && !(error instanceof EngineRefusal && error.status === 404)) throw error;
      });
    },
    readLog: async function* (name, { since, tail, follow, signal }) {
      const query = {
        stdout: '1',
        stderr: '1',
        timestamps: '1',
        ...(follow ? { follow: '1' } : {}),
        ...(since ? { since: sinceOf(since) } : {}),
        ...(tail === undefined ? {} : { tail: String(tail) }),
      };
      try {
        yield* parseLogFrames(engine.stream({ method: 'GET', path: `/containers/${name}/logs`, query, signal }));
      } catch (error) {
        // What the engine cannot read now it may read later; only a container that is not there has no log.
        if (error instanceof EngineRefusal && error.status !== 404)
          throw new EngineAway(`HTTP ${error.status}: ${error.message}`, { cause: error });
        throw error;
      }
    },
    readUsage: async (name) => {
      const call: EngineCall = {
        method: 'GET',
        path: `/containers/${name}/stats`,
        query: { stream: '0' },
        timeoutMs: 5_000,
      };
      try {
        return usageOf(Stats.parse(await engine.json(call)));
      } catch (error) {
        if (!(error instanceof EngineRefusal)) throw error;
        return error.status === 403 ? 'refused' : 'not running';
      }
    },
    stop: async (name, { graceMs }) => {
      const query = { t: String(Math.ceil(graceMs / 1000)) };
      const call: EngineCall = { method: 'POST', path: `/containers/${name}/stop`, query, timeoutMs: graceMs + 60_000 };
      await orUndefined(404, engine.json(call).catch(ignoreNotModified));
    },
    remove: async (name) => {
      const call: EngineCall = { method: 'DELETE', path: `/containers/${name}`, query: { force: '1' } };
      await orUndefined(404, orUndefined(409, engine.json(call)));
    },
  };
}

/** The engine answers 200 first and may report the failure at the end, so the whole answer is read. */
async function pullImage(engine: EngineClient, image: string, signal: AbortSignal | undefined): Promise<void> {
  const [, name = image, reference = 'latest'] = /^(.*?)(?:@(sha256:[0-9a-f]{64})|:([\w.-]+))?$/
    .exec(image)
    ?.filter((part) => part !== undefined) ?? [image];
  const call: EngineCall = {
    method: 'POST',
    path: '/images/create',
    query: { fromImage: name, tag: reference },
    signal,
    timeoutMs: 600_000,
  };
  let failure: string | undefined;
  try {
    const text = await drain(engine.stream(call));
    for (const line of text.split('\n').filter((part) => part.trim() !== '')) {
      const { error, errorDetail } = PullLine.parse(JSON.parse(line));
      failure ??= errorDetail?.message ?? error;
    }
  } catch (error) {
    if (!(error instanceof EngineRefusal)) throw error;
    throwIfGuardRefused(error);
    failure = error.message;
  }
  if (failure !== undefined) throw pullFailureOf(image, failure);
}

async function drain(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}

function containerOf({ Id, Name, Config, State }: z.infer<typeof Inspected>): Container {
  const runId = RunId.safeParse(Config.Labels?.[runLabels.run]);
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    runId: runId.success ? runId.data : undefined,
    state: stateOf(State),
  };
}

function stateOf(state: z.infer<typeof Inspected>['State']): ContainerState {
  const startedAt = isoTime(state.StartedAt);
  switch (state.Status) {
    case 'created':
      return { phase: 'created' };
    case 'running':
    case 'paused':
    case 'restarting':
      return { phase: 'running', startedAt };
    default:
      return {
        phase: 'exited',
        exitCode: state.ExitCode,
        outOfMemory: state.OOMKilled,
        startedAt,
        finishedAt: isoTime(state.FinishedAt),
      };
  }
}

function usageOf({ cpu_stats, pids_stats, memory_stats }: z.infer<typeof Stats>): ContainerUsage | 'not running' {
  const { usage, stats } = memory_stats ?? {};
  const cpuNanos = cpu_stats?.cpu_usage?.total_usage;
  if (!usage || !cpuNanos) return 'not running';
  const droppable = stats?.total_inactive_file ?? stats?.inactive_file ?? 0;
  return {
    memoryBytes: Math.max(0, usage - droppable),
    cpuSeconds: cpuNanos / 1e9,
    processes: pids_stats?.current ?? 1,
  };
}

/** The engine's nanoseconds cut to milliseconds; its zero time stays what it is. */
const isoTime = (time: string): string => new Date(time).toISOString();

async function orUndefined<T>(status: number, reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof EngineRefusal && error.status === status) return undefined;
    throw error;
  }
}

function ignoreNotModified(error: unknown): undefined {
  if (error instanceof EngineRefusal && error.status === 304) return undefined;
  throw error;
}

const sayingOf = ({ message }: EngineRefusal): string => message.replace(/\.$/, '');

function throwIfGuardRefused(error: EngineRefusal): void {
  if (error.status === 403) throw new AppError('GUARD_REFUSED', { reason: sayingOf(error) }, { cause: error });
}

function rethrowStartFailure(error: unknown): never {
  if (!(error instanceof EngineRefusal)) throw error;
  throwIfGuardRefused(error);
  const reason = sayingOf(error);
  if (isDiskFull(reason)) throw new EngineDiskFull(reason, { cause: error });
  throw new AppError('CONTAINER_START_FAILED', { reason }, { cause: error });
}
