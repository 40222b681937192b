import { z } from 'zod';
import {
  AccountPublicKey,
  AccountPublicKeyInput,
  ApiKeyCreated,
  ApiKeyInfo,
  ApiKeyInput,
  PasswordByLink,
  PasswordChange,
  PasswordLink,
  PublicKey,
  type Role,
  Session,
  SessionInfo,
  SignIn,
  SignInMethods,
  User,
  UserChange,
  UserCreated,
  UserInput,
} from './access.ts';
import type { ErrorCode } from './app-error.ts';
import { AuditActorKind, AuditEntry, AuditVerification } from './audit.ts';
import {
  CaCertificate,
  HeartbeatRequest,
  HeartbeatResponse,
  Host,
  OwnHost,
  RegisterRequest,
  RegisterResponse,
} from './hosts.ts';
import { ApiKeyId, HostId, JobId, RegistrationKeyId, RunId, SessionId, UserId } from './ids.ts';
import { Job, JobInput } from './jobs.ts';
import { lineageLimits, runLimits } from './limits.ts';
import { CustomRepository, CustomRepositoryInput, LineageSyncRequest, LineageSyncResponse } from './lineage.ts';
import { LineageGraph, LineageGraphQuery, LineageNode } from './lineage-graph.ts';
import {
  LineageNeighbourhood,
  LineageNeighbourhoodQuery,
  LineageNeighbours,
  LineageNeighboursQuery,
  LineageNodeDetails,
} from './lineage-neighbourhood.ts';
import { LineagePartDigest, LineageSyncManifest, LineageSyncPart, LineageSyncState } from './lineage-parts.ts';
import {
  HostSetup,
  RegisterByKeyRequest,
  RegisterByKeyResponse,
  Registration,
  RegistrationKeyCreated,
  RegistrationKeyInfo,
  RegistrationKeyInput,
} from './registration.ts';
import { LogChunk, LogPage, LogPosition, Run, RunExit, RunOutcome, RunStatus, TimelineEvent } from './runs.ts';
import { Instant, SerialId, storableText } from './scalars.ts';

/**
 * Who may call a route. `role`: the least role of a personal key or session. `agentKey`: an agent API key may too.
 * `registrationKey`: a registration key that is still good, and nothing else; such a key opens no other route.
 * `certificate`: only the host named by the client certificate, on the host listener.
 */
export type Access =
  | { kind: 'public' }
  | { kind: 'role'; role: Role; agentKey?: true }
  | { kind: 'agentKey' }
  | { kind: 'registrationKey' }
  | { kind: 'certificate' };

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  tag: string;
  summary: string;
  access: Access;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Bytes of a JSON body, where 1 MiB is not enough. */
  bodyLimit?: number;
  /** Raw request bytes instead of JSON, at most this many. */
  rawBodyLimit?: number;
  /** What the raw bytes are, for the documentation: the gzip of this as JSON. */
  rawBodyIsGzipOf?: z.ZodType;
  /** `null`: 204 without a body. */
  response: z.ZodType | null;
  /** Set where the answer is not JSON. */
  contentType?:
    | 'text/event-stream'
    | 'text/plain; charset=utf-8'
    | 'text/html; charset=utf-8'
    | 'application/octet-stream'
    | 'application/x-ndjson';
  /** The answer is no body but the address of a 303. */
  redirects?: true;
  /** A page of the UI, for routes that a browser visits by itself: it is led there with the code of the error. */
  errorPage?: string;
  /**
   * Every route but GET is audited with its params. Here stand the fields of the body that are kept beside them, none of
   * them a secret; a GET that has it changes something and is audited too. false: not audited, for what hosts report of
   * their work.
   */
  audit?: readonly string[] | false;
  errors: readonly ErrorCode[];
}

export const isAudited = ({ method, audit }: Route): boolean =>
  method === 'GET' ? Array.isArray(audit) : audit !== false;

const route = <const R extends Route>(definition: R): R => definition;
const atLeast = (role: Role) => ({ kind: 'role', role }) as const;
const certificate = { kind: 'certificate' } as const;
const base = '/api/v1/agent-orchestrator';
const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });
const pageQuery = {
  cursor: z.string().max(256).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};
const runParams = z.object({ runId: RunId });
/** As Temporal's remote codec protocol has it: bytes in base64. */
const CodecPayloads = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), z.base64()).optional(), data: z.base64().optional() }))
    .max(1000),
});
const artifactParams = z.object({ runId: RunId, name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/) });
const MiB = 1024 * 1024;

const hostRoutes = {
  listHosts: route({
    method: 'GET',
    path: `${base}/hosts`,
    tag: 'Hosts',
    summary: 'List the registered hosts',
    access: atLeast('viewer'),
    response: z.object({ hosts: z.array(Host) }),
    errors: [],
  }),
  getHost: route({
    method: 'GET',
    path: `${base}/hosts/:hostId`,
    tag: 'Hosts',
    summary: 'Read one host',
    access: atLeast('viewer'),
    params: z.object({ hostId: HostId }),
    response: Host,
    errors: ['HOST_NOT_FOUND'],
  }),
  getCaCertificate: route({
    method: 'GET',
    path: `${base}/ca-certificate`,
    tag: 'Hosts',
    summary: 'The certificate of the CA, so that a host can compare its fingerprint before it sends a key',
    access: { kind: 'public' },
    response: CaCertificate,
    errors: [],
  }),
  registerHost: route({
    method: 'POST',
    path: `${base}/register`,
    tag: 'Hosts',
    summary: 'Register a host, or re-issue its certificate',
    access: atLeast('admin'),
    body: RegisterRequest,
    audit: ['hostId'],
    response: RegisterResponse,
    errors: ['INVALID_INPUT'],
  }),
  getHostSetup: route({
    method: 'GET',
    path: `${base}/host-setup`,
    tag: 'Hosts',
    summary: 'What it takes to register a host: the addresses it connects to, the CA, and where its CLI comes from',
    access: atLeast('admin'),
    response: HostSetup,
    errors: [],
  }),
  createRegistrationKey: route({
    method: 'POST',
    path: `${base}/registration-keys`,
    tag: 'Hosts',
    summary: 'Make a key that registers one host, once, within an hour; shown once. An older key for that host ends',
    access: atLeast('admin'),
    body: RegistrationKeyInput,
    audit: ['hostId', 'replaces'],
    response: RegistrationKeyCreated,
    errors: ['INVALID_INPUT', 'HOST_ID_TAKEN'],
  }),
  listRegistrationKeys: route({
    method: 'GET',
    path: `${base}/registration-keys`,
    tag: 'Hosts',
    summary: 'The newest registration key of each host id, without its value, and what became of it',
    access: atLeast('admin'),
    response: z.object({ registrationKeys: z.array(RegistrationKeyInfo) }),
    errors: [],
  }),
  deleteRegistrationKey: route({
    method: 'DELETE',
    path: `${base}/registration-keys/:registrationKeyId`,
    tag: 'Hosts',
    summary: 'Revoke a registration key; it is refused from the next request on',
    access: atLeast('admin'),
    params: z.object({ registrationKeyId: RegistrationKeyId }),
    response: null,
    errors: ['REGISTRATION_KEY_NOT_FOUND'],
  }),
  getRegistration: route({
    method: 'GET',
    path: `${base}/registration`,
    tag: 'Hosts',
    summary: 'What a registration key is for, and what the host has to bring; the key stays unused',
    access: { kind: 'registrationKey' },
    response: Registration,
    errors: ['REGISTRATION_KEY_REFUSED', 'HOST_ID_TAKEN'],
  }),
  registerHostByKey: route({
    method: 'POST',
    path: `${base}/registration`,
    tag: 'Hosts',
    summary:
      'Register the host that the key was made for, exchange public keys and get its certificate; uses the key up',
    access: { kind: 'registrationKey' },
    body: RegisterByKeyRequest,
    audit: ['hostId'],
    response: RegisterByKeyResponse,
    errors: ['INVALID_INPUT', 'REGISTRATION_KEY_REFUSED', 'HOST_ID_TAKEN', 'PUBLIC_KEY_CONFLICT'],
  }),
  revokeHost: route({
    method: 'POST',
    path: `${base}/hosts/:hostId/revoke`,
    tag: 'Hosts',
    summary: 'Lock a host out at once; its active runs end as failed. Registering it again lets it in',
    access: atLeast('admin'),
    params: z.object({ hostId: HostId }),
    response: Host,
    errors: ['HOST_NOT_FOUND'],
  }),
  decodePayloads: route({
    method: 'POST',
    path: `${base}/payload-codec/decode`,
    tag: 'Hosts',
    summary: "Codec endpoint for Temporal's own tools: opens sealed payloads",
    access: atLeast('admin'),
    body: CodecPayloads,
    response: CodecPayloads,
    errors: ['PAYLOAD_UNREADABLE'],
  }),
};

const jobRoutes = {
  listJobs: route({
    method: 'GET',
    path: `${base}/jobs`,
    tag: 'Jobs',
    summary: 'List jobs, newest first',
    access: atLeast('viewer'),
    query: z.object(pageQuery),
    response: page(Job),
    errors: [],
  }),
  createJob: route({
    method: 'POST',
    path: `${base}/jobs`,
    tag: 'Jobs',
    summary: 'Create a job',
    access: atLeast('member'),
    body: JobInput,
    audit: ['name', 'hostId', 'agentType'],
    response: Job,
    errors: ['INVALID_INPUT', 'HOST_NOT_FOUND', 'HOST_NOT_ELIGIBLE', 'JOB_NAME_TAKEN'],
  }),
  getJob: route({
    method: 'GET',
    path: `${base}/jobs/:jobId`,
    tag: 'Jobs',
    summary: 'Read one job',
    access: atLeast('viewer'),
    params: z.object({ jobId: JobId }),
    response: Job,
    errors: ['JOB_NOT_FOUND'],
  }),
  updateJob: route({
    method: 'PUT',
    path: `${base}/jobs/:jobId`,
    tag: 'Jobs',
    summary: 'Change a job; an active run keeps what it started with',
    access: atLeast('member'),
    params: z.object({ jobId: JobId }),
    body: JobInput,
    audit: ['name', 'hostId'],
    response: Job,
    errors: ['INVALID_INPUT', 'JOB_NOT_FOUND', 'HOST_NOT_FOUND', 'HOST_NOT_ELIGIBLE', 'JOB_NAME_TAKEN'],
  }),
  deleteJob: route({
    method: 'DELETE',
    path: `${base}/jobs/:jobId`,
    tag: 'Jobs',
    summary: 'Delete a job with its runs; refused while a run is active',
    access: atLeast('member'),
    params: z.object({ jobId: JobId }),
    response: null,
    errors: ['JOB_NOT_FOUND', 'JOB_HAS_ACTIVE_RUN'],
  }),
};

const runRoutes = {
  startRun: route({
    method: 'POST',
    path: `${base}/jobs/:jobId/runs`,
    tag: 'Runs',
    summary: 'Start a run of a job; refused while one is active',
    access: atLeast('member'),
    params: z.object({ jobId: JobId }),
    response: Run,
    errors: ['JOB_NOT_FOUND', 'JOB_HAS_ACTIVE_RUN', 'HOST_NOT_ELIGIBLE'],
  }),
  listRuns: route({
    method: 'GET',
    path: `${base}/runs`,
    tag: 'Runs',
    summary: 'List runs, newest first',
    access: atLeast('viewer'),
    query: z.object({
      ...pageQuery,
      jobId: JobId.optional(),
      hostId: HostId.optional(),
      status: RunStatus.optional(),
    }),
    response: page(Run),
    errors: [],
  }),
  getRun: route({
    method: 'GET',
    path: `${base}/runs/:runId`,
    tag: 'Runs',
    summary: 'Read one run',
    access: atLeast('viewer'),
    params: runParams,
    response: Run,
    errors: ['RUN_NOT_FOUND'],
  }),
  cancelRun: route({
    method: 'POST',
    path: `${base}/runs/:runId/cancel`,
    tag: 'Runs',
    summary: 'Ask the host to stop the run: SIGTERM, then SIGKILL after the grace time of the job',
    access: atLeast('member'),
    params: runParams,
    response: Run,
    errors: ['RUN_NOT_FOUND', 'RUN_NOT_ACTIVE'],
  }),
  getRunTimeline: route({
    method: 'GET',
    path: `${base}/runs/:runId/timeline`,
    tag: 'Runs',
    summary: 'Stations of the run with their times',
    access: atLeast('viewer'),
    params: runParams,
    response: z.object({ events: z.array(TimelineEvent) }),
    errors: ['RUN_NOT_FOUND'],
  }),
  getRunLog: route({
    method: 'GET',
    path: `${base}/runs/:runId/log`,
    tag: 'Runs',
    summary: 'Lines of the log after a line number',
    access: atLeast('viewer'),
    params: runParams,
    query: z.object({
      after: z.coerce.number().int().min(0).max(2_000_000_000).default(0),
      limit: z.coerce.number().int().min(1).max(10_000).default(2000),
    }),
    response: LogPage,
    errors: ['RUN_NOT_FOUND'],
  }),
  downloadRunLog: route({
    method: 'GET',
    path: `${base}/runs/:runId/log.txt`,
    tag: 'Runs',
    summary: 'The whole log as text',
    access: atLeast('viewer'),
    params: runParams,
    response: z.string(),
    contentType: 'text/plain; charset=utf-8',
    errors: ['RUN_NOT_FOUND'],
  }),
  streamRunEvents: route({
    method: 'GET',
    path: `${base}/runs/:runId/events`,
    tag: 'Runs',
    summary: 'Server-sent events: run, timeline, log',
    access: atLeast('viewer'),
    params: runParams,
    response: z.string(),
    contentType: 'text/event-stream',
    errors: ['RUN_NOT_FOUND'],
  }),
  downloadArtifact: route({
    method: 'GET',
    path: `${base}/runs/:runId/artifacts/:name`,
    tag: 'Runs',
    summary: 'A file that the agent left, for example openlineage.ndjson',
    access: atLeast('viewer'),
    params: artifactParams,
    response: z.string(),
    contentType: 'application/octet-stream',
    errors: ['RUN_NOT_FOUND', 'ARTIFACT_NOT_FOUND'],
  }),
};

const accessRoutes = {
  signIn: route({
    method: 'POST',
    path: '/api/v1/session',
    tag: 'Access',
    summary: 'Sign in to the UI with e-mail and password or with a personal API key; sets an HttpOnly cookie',
    access: { kind: 'public' },
    body: SignIn,
    response: Session,
    errors: ['INVALID_INPUT', 'UNAUTHENTICATED', 'SIGN_IN_REFUSED', 'TOO_MANY_ATTEMPTS'],
  }),
  getSignInMethods: route({
    method: 'GET',
    path: '/api/v1/sign-in-methods',
    tag: 'Access',
    summary: 'Whether there is single sign-on, and its name',
    access: { kind: 'public' },
    response: SignInMethods,
    errors: [],
  }),
  startSingleSignOn: route({
    method: 'GET',
    path: '/api/v1/session/oidc',
    tag: 'Access',
    summary: 'For browsers: leads to the OpenID provider',
    access: { kind: 'public' },
    query: z.object({ to: z.string().max(2048).optional().describe('The page of the UI to go on to.') }),
    response: z.url(),
    redirects: true,
    errorPage: '/sign-in',
    errors: ['OIDC_NOT_SET_UP', 'OIDC_UNREACHABLE'],
  }),
  finishSingleSignOn: route({
    method: 'GET',
    path: '/api/v1/session/oidc/callback',
    tag: 'Access',
    summary: 'For browsers: where the OpenID provider leads back to; sets an HttpOnly cookie',
    access: { kind: 'public' },
    response: z.string(),
    contentType: 'text/html; charset=utf-8',
    errorPage: '/sign-in',
    audit: [],
    errors: [
      'OIDC_NOT_SET_UP',
      'OIDC_REFUSED',
      'OIDC_EMAIL_NOT_VERIFIED',
      'OIDC_EMAIL_TAKEN',
      'OIDC_USER_DISABLED',
      'OIDC_UNREACHABLE',
      'TOO_MANY_ATTEMPTS',
    ],
  }),
  getSession: route({
    method: 'GET',
    path: '/api/v1/session',
    tag: 'Access',
    summary: 'Who am I',
    access: atLeast('viewer'),
    response: Session,
    errors: [],
  }),
  signOut: route({
    method: 'DELETE',
    path: '/api/v1/session',
    tag: 'Access',
    summary: 'Sign out',
    access: { kind: 'public' },
    response: null,
    errors: [],
  }),
  listSessions: route({
    method: 'GET',
    path: '/api/v1/sessions',
    tag: 'Access',
    summary: 'List my sessions of the UI',
    access: atLeast('viewer'),
    response: z.object({ sessions: z.array(SessionInfo) }),
    errors: [],
  }),
  deleteSession: route({
    method: 'DELETE',
    path: '/api/v1/sessions/:sessionId',
    tag: 'Access',
    summary: 'End one of my sessions',
    access: atLeast('viewer'),
    params: z.object({ sessionId: SessionId }),
    response: null,
    errors: ['SESSION_NOT_FOUND'],
  }),
  setPassword: route({
    method: 'POST',
    path: '/api/v1/password',
    tag: 'Access',
    summary: 'Set a password with the token of a set-password link; ends all sessions of the user',
    access: { kind: 'public' },
    body: PasswordByLink,
    response: z.object({ email: z.string() }),
    errors: ['INVALID_INPUT', 'PASSWORD_LINK_INVALID', 'TOO_MANY_ATTEMPTS'],
  }),
  changePassword: route({
    method: 'PUT',
    path: '/api/v1/password',
    tag: 'Access',
    summary: 'Change my password; ends my other sessions',
    access: atLeast('viewer'),
    body: PasswordChange,
    response: null,
    errors: ['INVALID_INPUT', 'PASSWORD_WRONG', 'PASSWORD_NOT_SET', 'TOO_MANY_ATTEMPTS'],
  }),
  createUser: route({
    method: 'POST',
    path: '/api/v1/users',
    tag: 'Access',
    summary: 'Create a user; the answer holds the link to set a password, shown once',
    access: atLeast('admin'),
    body: UserInput,
    audit: ['email', 'name', 'role'],
    response: UserCreated,
    errors: ['INVALID_INPUT', 'EMAIL_TAKEN'],
  }),
  listUsers: route({
    method: 'GET',
    path: '/api/v1/users',
    tag: 'Access',
    summary: 'List users',
    access: atLeast('admin'),
    response: z.object({ users: z.array(User) }),
    errors: [],
  }),
  updateUser: route({
    method: 'PUT',
    path: '/api/v1/users/:userId',
    tag: 'Access',
    summary: 'Change name or role, disable or enable; disabling ends sessions and refuses keys at once',
    access: atLeast('admin'),
    params: z.object({ userId: UserId }),
    body: UserChange,
    audit: ['name', 'role', 'disabled'],
    response: User,
    errors: ['INVALID_INPUT', 'USER_NOT_FOUND', 'LAST_ADMIN'],
  }),
  deleteUser: route({
    method: 'DELETE',
    path: '/api/v1/users/:userId',
    tag: 'Access',
    summary: 'Delete a user with sessions and personal keys',
    access: atLeast('admin'),
    params: z.object({ userId: UserId }),
    response: null,
    errors: ['USER_NOT_FOUND', 'LAST_ADMIN'],
  }),
  createPasswordLink: route({
    method: 'POST',
    path: '/api/v1/users/:userId/password-link',
    tag: 'Access',
    summary: 'Make a new link to set a password, shown once; an older link of the user ends',
    access: atLeast('admin'),
    params: z.object({ userId: UserId }),
    response: PasswordLink,
    errors: ['USER_NOT_FOUND', 'USER_DISABLED'],
  }),
  createPersonalApiKey: route({
    method: 'POST',
    path: '/api/v1/personal-api-keys',
    tag: 'Access',
    summary: 'Create a personal API key, for oneself or (admin) for another user; shown once',
    access: atLeast('viewer'),
    body: ApiKeyInput.extend({ userId: UserId.optional() }),
    audit: ['name', 'userId'],
    response: ApiKeyCreated,
    errors: ['INVALID_INPUT', 'FORBIDDEN', 'USER_NOT_FOUND'],
  }),
  listPersonalApiKeys: route({
    method: 'GET',
    path: '/api/v1/personal-api-keys',
    tag: 'Access',
    summary: "List my personal API keys, or (admin) another user's, without their values",
    access: atLeast('viewer'),
    query: z.object({ userId: UserId.optional() }),
    response: z.object({ apiKeys: z.array(ApiKeyInfo) }),
    errors: ['FORBIDDEN'],
  }),
  deletePersonalApiKey: route({
    method: 'DELETE',
    path: '/api/v1/personal-api-keys/:apiKeyId',
    tag: 'Access',
    summary: "Delete one of my personal API keys, or (admin) another user's; it is refused from the next request on",
    access: atLeast('viewer'),
    params: z.object({ apiKeyId: ApiKeyId }),
    response: null,
    errors: ['API_KEY_NOT_FOUND'],
  }),
  keepPersonalApiKey: route({
    method: 'POST',
    path: '/api/v1/personal-api-keys/:apiKeyId/keep',
    tag: 'Access',
    summary: 'Keep one of my personal API keys that would end by itself',
    access: atLeast('viewer'),
    params: z.object({ apiKeyId: ApiKeyId }),
    response: null,
    errors: ['API_KEY_NOT_FOUND'],
  }),
  verifyPersonalApiKey: route({
    method: 'GET',
    path: '/api/v1/personal-api-keys/verify',
    tag: 'Access',
    summary: '204 for a good personal key, 401 for another',
    access: atLeast('viewer'),
    response: null,
    errors: ['TOO_MANY_ATTEMPTS'],
  }),
  createAgentApiKey: route({
    method: 'POST',
    path: '/api/v1/agent-api-keys',
    tag: 'Access',
    summary: 'Create an agent API key; shown once',
    access: atLeast('admin'),
    body: ApiKeyInput,
    audit: ['name'],
    response: ApiKeyCreated,
    errors: ['INVALID_INPUT'],
  }),
  listAgentApiKeys: route({
    method: 'GET',
    path: '/api/v1/agent-api-keys',
    tag: 'Access',
    summary: 'List agent API keys, without their values',
    access: atLeast('admin'),
    response: z.object({ apiKeys: z.array(ApiKeyInfo) }),
    errors: [],
  }),
  deleteAgentApiKey: route({
    method: 'DELETE',
    path: '/api/v1/agent-api-keys/:apiKeyId',
    tag: 'Access',
    summary: 'Delete an agent API key; it is refused from the next request on',
    access: atLeast('admin'),
    params: z.object({ apiKeyId: ApiKeyId }),
    response: null,
    errors: ['API_KEY_NOT_FOUND'],
  }),
  verifyAgentApiKey: route({
    method: 'GET',
    path: '/api/v1/agent-api-keys/verify',
    tag: 'Access',
    summary: '204 for a good agent key, 401 for another',
    access: { kind: 'agentKey' },
    response: null,
    errors: ['TOO_MANY_ATTEMPTS'],
  }),
  getAgentPublicKey: route({
    method: 'GET',
    path: '/api/v1/agent/public-key',
    tag: 'Access',
    summary: "The account's public key that the control plane encrypts to",
    access: { kind: 'role', role: 'viewer', agentKey: true },
    response: AccountPublicKey,
    errors: ['PUBLIC_KEY_NOT_FOUND'],
  }),
  putAgentPublicKey: route({
    method: 'PUT',
    path: '/api/v1/agent/public-key',
    tag: 'Access',
    summary: "Register the account's public key; while hosts depend on it, another one must be signed by it",
    access: atLeast('admin'),
    body: AccountPublicKeyInput,
    response: AccountPublicKey,
    errors: ['INVALID_INPUT', 'PUBLIC_KEY_CONFLICT', 'KEY_ROTATION_REFUSED'],
  }),
  deletePreviousPublicKey: route({
    method: 'DELETE',
    path: '/api/v1/agent/public-key/previous',
    tag: 'Access',
    summary: 'Finish a rotation: nothing is sealed for the previous account key any more',
    access: atLeast('admin'),
    query: z.object({ force: z.stringbool().default(false) }),
    response: null,
    errors: ['KEY_ROTATION_UNFINISHED'],
  }),
  getBigeyePublicKey: route({
    method: 'GET',
    path: '/api/v1/agent/public-key/bigeye',
    tag: 'Access',
    summary: "The control plane's public key that hosts encrypt to",
    access: { kind: 'role', role: 'viewer', agentKey: true },
    response: PublicKey,
    errors: [],
  }),
};

const auditRoutes = {
  listAuditEntries: route({
    method: 'GET',
    path: '/api/v1/audit',
    tag: 'Audit',
    summary: 'Entries of the audit log, newest first',
    access: atLeast('admin'),
    query: z.object({
      ...pageQuery,
      actor: storableText(256).optional().describe('A part of the name of who did it.'),
      actorKind: AuditActorKind.optional(),
      action: storableText(64).optional().describe('Name of a route, for example createUser.'),
      refused: z.stringbool().optional().describe('Only what was refused or failed (true), or only what was done.'),
      from: Instant.optional(),
      to: Instant.optional(),
    }),
    response: page(AuditEntry),
    errors: ['INVALID_INPUT'],
  }),
  verifyAuditLog: route({
    method: 'GET',
    path: '/api/v1/audit/verification',
    tag: 'Audit',
    summary: 'Recompute the chain of hashes over the whole audit log',
    access: atLeast('admin'),
    response: AuditVerification,
    errors: [],
  }),
  exportAuditLog: route({
    method: 'GET',
    path: '/api/v1/audit/export',
    tag: 'Audit',
    summary: 'The whole audit log, oldest first, one JSON object a line',
    access: atLeast('admin'),
    response: z.string(),
    contentType: 'application/x-ndjson',
    errors: [],
  }),
};

const lineageAccess = { kind: 'role', role: 'member', agentKey: true } as const;
const lineageRoutes = {
  listCustomRepositories: route({
    method: 'GET',
    path: '/api/v2/lineage/custom-repositories',
    tag: 'Lineage',
    summary: 'List the custom repositories',
    access: { kind: 'role', role: 'viewer', agentKey: true },
    response: z.object({ customRepositories: z.array(CustomRepository) }),
    errors: [],
  }),
  createCustomRepository: route({
    method: 'POST',
    path: '/api/v2/lineage/custom-repositories',
    tag: 'Lineage',
    summary: 'Create a custom repository, or find the one of that name',
    access: lineageAccess,
    body: CustomRepositoryInput,
    audit: ['name'],
    response: CustomRepository,
    errors: ['INVALID_INPUT'],
  }),
  syncCustomRepository: route({
    method: 'POST',
    path: '/api/v2/lineage/custom-repositories/sync',
    tag: 'Lineage',
    summary: 'Replace the nodes and edges of a repository',
    access: lineageAccess,
    body: LineageSyncRequest,
    bodyLimit: lineageLimits.syncBytes,
    audit: ['customRepositoryId'],
    response: LineageSyncResponse,
    errors: [
      ...(['INVALID_INPUT', 'REPOSITORY_NOT_FOUND', 'LINEAGE_REFERENCE_UNKNOWN'] as const),
      ...(['LINEAGE_LIMIT_REACHED', 'LINEAGE_SYNC_UNDER_WAY'] as const),
    ],
  }),
  putLineageSyncPart: route({
    method: 'PUT',
    path: '/api/v2/lineage/custom-repositories/:repositoryId/parts/:digest',
    tag: 'Lineage',
    summary:
      'Send one part of a sync in parts; it changes nothing until a list names it, and is dropped after an hour without one',
    access: lineageAccess,
    params: z.object({ repositoryId: SerialId, digest: LineagePartDigest }),
    rawBodyLimit: lineageLimits.partBytes,
    rawBodyIsGzipOf: LineageSyncPart,
    response: null,
    errors: ['INVALID_INPUT', 'REPOSITORY_NOT_FOUND', 'LINEAGE_PART_INVALID', 'LINEAGE_LIMIT_REACHED'],
  }),
  syncLineageParts: route({
    method: 'POST',
    path: '/api/v2/lineage/custom-repositories/:repositoryId/syncs',
    tag: 'Lineage',
    summary:
      'Replace the nodes and edges of a repository by those of the listed parts, or learn which parts are missing',
    access: lineageAccess,
    params: z.object({ repositoryId: SerialId }),
    body: LineageSyncManifest,
    response: LineageSyncState,
    errors: ['INVALID_INPUT', 'REPOSITORY_NOT_FOUND', 'LINEAGE_REFERENCE_UNKNOWN', 'LINEAGE_LIMIT_REACHED'],
  }),
  searchLineageNodes: route({
    method: 'GET',
    path: '/api/v2/lineage/nodes',
    tag: 'Lineage',
    summary:
      'Find tables, views and columns by a part of their name; attributes over 1,000 characters (SQL) only come with the node itself',
    access: atLeast('viewer'),
    query: z.object({
      search: storableText(256).default(''),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    response: z.object({ nodes: z.array(LineageNode) }),
    errors: [],
  }),
  getLineageGraph: route({
    method: 'GET',
    path: '/api/v2/lineage/nodes/:nodeId/graph',
    tag: 'Lineage',
    summary: 'The graph around a node, by steps upstream and downstream',
    access: atLeast('viewer'),
    params: z.object({ nodeId: SerialId }),
    query: LineageGraphQuery,
    response: LineageGraph,
    errors: ['LINEAGE_NODE_NOT_FOUND', 'LINEAGE_GRAPH_TOO_LARGE'],
  }),
  getLineageNode: route({
    method: 'GET',
    path: '/api/v2/lineage/nodes/:nodeId',
    tag: 'Lineage',
    summary: 'One node with its attributes, and the table of a column',
    access: atLeast('viewer'),
    params: z.object({ nodeId: SerialId }),
    response: LineageNodeDetails,
    errors: ['LINEAGE_NODE_NOT_FOUND'],
  }),
  getLineageNeighbourhood: route({
    method: 'GET',
    path: '/api/v2/lineage/nodes/:nodeId/neighbourhood',
    tag: 'Lineage',
    summary: 'The tables around a table or a column, in bounds; columns where asked for',
    access: atLeast('viewer'),
    params: z.object({ nodeId: SerialId }),
    query: LineageNeighbourhoodQuery,
    response: LineageNeighbourhood,
    errors: ['LINEAGE_NODE_NOT_FOUND', 'LINEAGE_NODE_WITHOUT_TABLE'],
  }),
  listLineageNeighbours: route({
    method: 'GET',
    path: '/api/v2/lineage/nodes/:nodeId/neighbours',
    tag: 'Lineage',
    summary: 'What lies one step from a node, page by page',
    access: atLeast('viewer'),
    params: z.object({ nodeId: SerialId }),
    query: LineageNeighboursQuery,
    response: LineageNeighbours,
    errors: ['LINEAGE_NODE_NOT_FOUND', 'LINEAGE_NODE_WITHOUT_TABLE'],
  }),
};

const hostErrors = [
  ...['INVALID_INPUT', 'CERTIFICATE_REFUSED', 'RUN_NOT_FOUND', 'RUN_ENDED', 'RUN_LIMIT_REACHED'],
  ...['NOT_FOR_HOST_TO_SAY', 'HOST_LIMIT_REACHED'],
] as ErrorCode[];

/** The host API, on its own listener: only a host's own certificate opens it, and only for that host's runs. */
const hostApiRoutes = {
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
    body: z.object({ exit: RunExit, outcome: RunOutcome.nullable() }),
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

/** Everything the control plane answers, by name. Handlers, client, OpenAPI and the access test all walk this table. */
export const apiRoutes = {
  ...hostRoutes,
  ...jobRoutes,
  ...runRoutes,
  ...accessRoutes,
  ...auditRoutes,
  ...lineageRoutes,
};
export const hostListenerRoutes = hostApiRoutes;
export const routes = { ...apiRoutes, ...hostListenerRoutes };
export type Routes = typeof routes;
export type RouteName = keyof Routes;
