import { z } from 'zod';
import type { ErrorCode } from '../app-error.ts';
import { HeartbeatRequest, HeartbeatResponse, OwnHost, RegisterRequest, RegisterResponse } from '../hosts.ts';
import { RunId } from '../ids.ts';
import { runLimits } from '../limits.ts';
import { ContainerEnd, LogChunk, LogPosition, ReportedResources, RunOutcome, TimelineEvent } from '../runs.ts';
import { SerialId } from '../scalars.ts';
import { artifactParams, base, certificate, route, runParams } from './route.ts';

const MiB = 1024 * 1024;
const hostErrors: ErrorCode[] = [
  'INVALID_INPUT',
  'CERTIFICATE_REFUSED',
  'RUN_NOT_FOUND',
  'RUN_ENDED',
  'RUN_LIMIT_REACHED',
  'NOT_FOR_HOST_TO_SAY',
  'HOST_LIMIT_REACHED',
];

/** The host API, on its own listener: only a host's own certificate opens it, and only for that host's runs. */
export const hostApiRoutes = {
  pushManagedAgents: route({
    method: 'POST',
    path: `${base}/register`,
    tag: 'Host API',
    summary: 'Push the agents installed on this host, or renew its certificate',
    access: certificate,
    body: RegisterRequest,
    audit: ['hostId'],
    response: RegisterResponse,
    errors: ['INVALID_INPUT', 'CERTIFICATE_REFUSED'],
  }),
  getOwnHost: route({
    method: 'GET',
    path: `${base}/host`,
    tag: 'Host API',
    summary: 'What the control plane knows of this host and of the keys of the account',
    access: certificate,
    response: OwnHost,
    errors: ['CERTIFICATE_REFUSED'],
  }),
  unregisterHost: route({
    method: 'DELETE',
    path: `${base}/host`,
    tag: 'Host API',
    summary: 'Lock this host out; its active runs end as failed',
    access: certificate,
    response: null,
    errors: ['CERTIFICATE_REFUSED'],
  }),
  heartbeat: route({
    method: 'POST',
    path: `${base}/host/heartbeat`,
    tag: 'Host API',
    summary: 'Proof of life of the orchestrator; answers with the runs that belong on this host',
    access: certificate,
    body: HeartbeatRequest,
    audit: false,
    response: HeartbeatResponse,
    errors: ['CERTIFICATE_REFUSED'],
  }),
  getLogPosition: route({
    method: 'GET',
    path: `${base}/runs/:runId/log-position`,
    tag: 'Host API',
    summary: 'How far the log is stored',
    access: certificate,
    params: runParams,
    response: LogPosition,
    errors: ['RUN_NOT_FOUND'],
  }),
  putLogChunk: route({
    method: 'PUT',
    path: `${base}/runs/:runId/log-chunks/:sequence`,
    tag: 'Host API',
    summary: 'Store the next chunk; one that is already stored is left as it is',
    access: certificate,
    params: z.object({ runId: RunId, sequence: SerialId }),
    body: LogChunk,
    bodyLimit: 16 * MiB,
    audit: false,
    response: LogPosition,
    errors: [...hostErrors, 'LOG_CHUNK_OUT_OF_ORDER'],
  }),
  postTimeline: route({
    method: 'POST',
    path: `${base}/runs/:runId/timeline`,
    tag: 'Host API',
    summary: 'Append stations to the timeline; one that is known already is left as it is',
    access: certificate,
    params: runParams,
    body: z.object({ events: z.array(TimelineEvent).min(1).max(50) }),
    audit: false,
    response: null,
    errors: hostErrors,
  }),
  putOutcome: route({
    method: 'PUT',
    path: `${base}/runs/:runId/outcome`,
    tag: 'Host API',
    summary: 'What the agent said of its work, and how its container ended',
    access: certificate,
    params: runParams,
    body: z.object({
      exit: ContainerEnd,
      outcome: RunOutcome.nullable(),
      // A measure must not keep the end of a run from being told.
      resources: ReportedResources.optional().catch(undefined),
    }),
    audit: false,
    response: null,
    errors: hostErrors,
  }),
  putArtifact: route({
    method: 'PUT',
    path: `${base}/runs/:runId/artifacts/:name`,
    tag: 'Host API',
    summary: 'Store a file that the agent left',
    access: certificate,
    params: artifactParams,
    rawBodyLimit: runLimits.artifactBytes,
    audit: false,
    response: null,
    errors: hostErrors,
  }),
};
