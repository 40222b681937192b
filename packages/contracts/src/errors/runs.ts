import { because, mayWorkLater, needsAction } from './error-spec.ts';

/** Runs, and what is kept of them. */
export const runErrors = {
  RUN_NOT_FOUND: needsAction(
    404,
    (d: { runId: string }) => `There is no run ${d.runId}.`,
    () => 'List the runs with GET /api/v1/agent-orchestrator/runs.',
  ),
  ARTIFACT_NOT_FOUND: needsAction(
    404,
    (d: { runId: string; name: string }) => `Run ${d.runId} has no artifact "${d.name}".`,
    () => 'Read the run to see the artifacts it has.',
  ),
  ARTIFACT_REMOVED: needsAction(
    410,
    (d: { runId: string; name: string; removedAt: string }) =>
      `Artifact "${d.name}" of run ${d.runId} was removed at ${d.removedAt}, because of its age.`,
    () => 'Run the job again. An admin can have artifacts kept longer: ARTIFACTS_KEPT_DAYS of the control plane.',
  ),
  LOG_REMOVED: needsAction(
    410,
    (d: { runId: string; removedAt: string }) =>
      `The log of run ${d.runId} was removed at ${d.removedAt}, because of its age.`,
    () => 'Run the job again. An admin can have logs kept longer: LOGS_KEPT_DAYS of the control plane.',
  ),
  OBJECT_STORE_UNREACHABLE: mayWorkLater(
    503,
    (d: { place: string; reason: string }) => `Logs and artifacts in ${d.place} cannot be reached${because(d.reason)}.`,
    () =>
      'Nothing is lost: hosts send it again. An admin looks at OBJECT_STORE of the control plane, its rights and space.',
  ),
  OBJECT_MISSING: needsAction(
    500,
    (d: { place: string; key: string }) => `${d.place} has no ${d.key}, which the database names.`,
    () =>
      'It was deleted there, or the database and the object store are not of one backup. Restore it there; ' +
      'until then this part cannot be read.',
  ),
  RUN_EVENTS_REMOVED: needsAction(
    410,
    (d: { after: number; oldest: number; newest: number }) =>
      `What happened right after event ${d.after} is not kept any more, or never was: kept are ${d.oldest} to ${d.newest}.`,
    (d) =>
      `Read what you follow anew with GET /api/v1/agent-orchestrator/runs, then go on with after=${d.newest}, as it was before you read.`,
  ),
  RUN_NOT_ACTIVE: needsAction(
    409,
    (d: { runId: string; status: string }) => `Run ${d.runId} is already ${d.status}.`,
    () => 'Nothing is left to do.',
  ),
  RUN_LIMIT_REACHED: needsAction(
    409,
    (d: { runId: string; what: string }) => `Run ${d.runId} has left all that is kept of one run; ${d.what}.`,
    () => 'Nothing else of the run is touched. Let the agent write less, or keep what is too much elsewhere.',
  ),
  RUN_ENDED: needsAction(
    409,
    (d: { runId: string; what: string }) => `Run ${d.runId} has ended; ${d.what} can no longer be changed or added.`,
    () => 'Nothing is left to do: what was recorded at the end stands.',
  ),
  LOG_CHUNK_OUT_OF_ORDER: mayWorkLater(
    409,
    (d: { expected: number; received: number }) => `Log chunk ${d.received} came where ${d.expected} is expected.`,
    (d) => `Ask for the log position and send from chunk ${d.expected} on.`,
  ),
} as const;
