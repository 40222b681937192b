import {
  type ApiClient,
  AppError,
  createApiClient,
  type Drain,
  type ErrorCode,
  type HeartbeatRequest,
  hostListenerRoutes,
  isActive,
  type LogChunk,
  type ReportedResources,
  type RunExit,
  RunId,
  type RunOutcome,
  type RunStatus,
  type TimelineEvent,
} from '@bigeye/contracts';
import { createRunReport, createStoredRun, type StoredRun } from './fake-run.ts';
import { createRouteTransport } from './route-transport.ts';

export interface FakeHostApi {
  /** The client that the product uses; what it sends and gets is parsed by the contract's schemas. */
  client: ApiClient;
  /** Every call fails with CONTROL_PLANE_UNREACHABLE while this is true. */
  away: boolean;
  /** The next chunk is stored, but its answer is lost on the way. */
  loseNextAnswer: boolean;
  /** Calls that nobody answered. */
  readonly unanswered: number;
  readonly heartbeats: number;
  /** What the host said last of itself. */
  readonly lastBeat: HeartbeatRequest | undefined;
  /** What the host is told to do, as `drainHost` would have it. */
  drain: Drain | null;
  /** From now on it is a queued run of this host. */
  addRun(runId: RunId): void;
  /** Its end is recorded, as a workflow does, with what is known by then. */
  endRun(runId: RunId, end: { status: Exclude<RunStatus, 'queued' | 'running'>; failure?: ErrorCode }): void;
  run(runId: RunId): StoredRun;
}

/** The host API in memory, held to the same contract as the real one. One host calls it, whose runs were added here. */
export function createFakeHostApi(): FakeHostApi {
  const runs = new Map<RunId, StoredRun>();
  const count = { heartbeats: 0, unanswered: 0 };
  let lastBeat: FakeHostApi['lastBeat'];
  const run = (runId: RunId): StoredRun => {
    const known = runs.get(runId);
    if (!known) throw new AppError('RUN_NOT_FOUND', { runId });
    return known;
  };
  const report = ({ runId }: { runId: RunId }) => createRunReport(runId, run(runId));
  type Of<Params, Body> = { params: { runId: RunId } & Params; body: Body };
  const answer = createRouteTransport(hostListenerRoutes, {
    heartbeat: ({ body }: { body: HeartbeatRequest }) => {
      count.heartbeats++;
      lastBeat = body;
      const active = [...runs].filter(([, { status }]) => isActive(status));
      return { activeRunIds: active.map(([runId]) => runId), drain: api.drain };
    },
    getLogPosition: ({ params }: Of<unknown, unknown>) => report(params).position(),
    putLogChunk: ({ params, body }: Of<{ sequence: number }, LogChunk>) =>
      report(params).putChunk(params.sequence, body),
    postTimeline: ({ params, body }: Of<unknown, { events: TimelineEvent[] }>) =>
      report(params).appendStations(body.events),
    putOutcome: ({
      params,
      body,
    }: Of<unknown, { exit: RunExit; outcome: RunOutcome | null; resources?: ReportedResources }>) =>
      report(params).recordOutcome(body.exit, body.outcome, body.resources),
    putArtifact: ({ params, body }: Of<{ name: string }, Uint8Array>) => report(params).putArtifact(params.name, body),
  });
  const nobodyAnswers = () => {
    count.unanswered++;
    return new Error('away');
  };
  const api: FakeHostApi = {
    away: false,
    loseNextAnswer: false,
    get unanswered() {
      return count.unanswered;
    },
    get heartbeats() {
      return count.heartbeats;
    },
    get lastBeat() {
      return lastBeat;
    },
    drain: null,
    addRun: (runId) => void runs.set(RunId.parse(runId), createStoredRun()),
    endRun: (runId, { status, failure }) =>
      void Object.assign(run(runId), { status, failure: failure ? { code: failure } : null }),
    run,
    client: createApiClient({
      baseUrl: 'https://fake',
      transport: async (request) => {
        if (api.away) throw nobodyAnswers();
        const reply = await answer(request);
        if (api.loseNextAnswer && request.url.includes('/log-chunks/')) {
          api.loseNextAnswer = false;
          throw nobodyAnswers();
        }
        return reply;
      },
    }),
  };
  return api;
}
