import {
  type ApiClient,
  AppError,
  type LogLine,
  type LogPosition,
  type RouteName,
  type RunExit,
  type RunId,
  type RunOutcome,
  type TimelineEvent,
} from '@bigeye/contracts';

/** What the control plane has of one run. */
export interface StoredRun {
  lines: LogLine[];
  chunks: number;
  timeline: TimelineEvent[];
  exit: RunExit | undefined;
  outcome: RunOutcome | null;
  artifacts: Map<string, Uint8Array>;
}

export interface FakeHostApi {
  client: ApiClient;
  /** Every call fails with CONTROL_PLANE_UNREACHABLE while this is true. */
  away: boolean;
  /** The next chunk is stored, but its answer is lost on the way. */
  loseNextAnswer: boolean;
  activeRunIds: RunId[];
  heartbeats: number;
  run(runId: RunId): StoredRun;
}

/** The host API in memory: stores logs, timeline, outcome and artifacts as the contract says. */
export function createFakeHostApi(): FakeHostApi {
  const runs = new Map<RunId, StoredRun>();
  const run = (runId: RunId): StoredRun => {
    const known = runs.get(runId) ?? {
      lines: [],
      chunks: 0,
      timeline: [],
      exit: undefined,
      outcome: null,
      artifacts: new Map(),
    };
    runs.set(runId, known);
    return known;
  };
  const unreachable = () => new AppError('CONTROL_PLANE_UNREACHABLE', { url: 'fake', reason: 'away' });
  const answer = (name: RouteName, input: Input): unknown => {
    const stored = run(input.params?.runId as RunId);
    switch (name) {
      case 'heartbeat':
        api.heartbeats++;
        return { activeRunIds: api.activeRunIds };
      case 'getLogPosition':
        return positionOf(stored);
      case 'putLogChunk':
        putChunk(stored, Number(input.params?.sequence), input.body?.lines ?? []);
        if (api.loseNextAnswer) {
          api.loseNextAnswer = false;
          throw unreachable();
        }
        return positionOf(stored);
      case 'postTimeline':
        for (const event of input.body?.events ?? [])
          if (!stored.timeline.some(({ kind }) => kind === event.kind)) stored.timeline.push(event);
        return undefined;
      case 'putOutcome':
        stored.exit = input.body?.exit;
        stored.outcome = input.body?.outcome ?? null;
        return undefined;
      case 'putArtifact':
        stored.artifacts.set(String(input.params?.name), input.rawBody ?? new Uint8Array());
        return undefined;
      default:
        throw new AppError('ROUTE_NOT_FOUND', { method: 'fake', path: name });
    }
  };
  const api: FakeHostApi = {
    away: false,
    loseNextAnswer: false,
    activeRunIds: [],
    heartbeats: 0,
    run,
    client: {
      call: async (name, input) => {
        if (api.away) throw unreachable();
        return answer(name, (input ?? {}) as Input) as never;
      },
    },
  };
  return api;
}

interface Input {
  params?: Record<string, unknown>;
  body?: { lines?: LogLine[]; events?: TimelineEvent[]; exit?: RunExit; outcome?: RunOutcome | null };
  rawBody?: Uint8Array;
}

function putChunk(stored: StoredRun, sequence: number, lines: LogLine[]): void {
  if (sequence <= stored.chunks) return;
  if (sequence > stored.chunks + 1)
    throw new AppError('LOG_CHUNK_OUT_OF_ORDER', { expected: stored.chunks + 1, received: sequence });
  stored.chunks = sequence;
  stored.lines.push(...lines);
}

function positionOf({ lines, chunks }: StoredRun): LogPosition {
  const lastTime = lines.at(-1)?.at ?? null;
  return {
    nextSequence: chunks + 1,
    lastTime,
    linesAtLastTime: lines.filter(({ at, stream }) => at === lastTime && stream !== 'system').length,
    lines: lines.length,
    bytes: lines.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
  };
}
