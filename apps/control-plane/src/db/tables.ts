import type {
  AgentParameters,
  ApiKeyId,
  AuditActorKind,
  BatchAgentType,
  ContainerEnd,
  HostId,
  JobId,
  JobSettings,
  LineageNodeType,
  LineageTransformation,
  ManagedAgent,
  RecordedFailure,
  RegistrationKeyId,
  ReportedResources,
  Role,
  RunEventKind,
  RunId,
  RunOutcome,
  RunStatus,
  SessionId,
  TimelineKind,
  UserId,
} from '@bigeye/contracts';
import type { ColumnType, Generated, JSONColumnType, Kysely, Selectable } from 'kysely';

type Json<T> = JSONColumnType<T & object, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null, string | null>;
/** Drivers read a timestamp as Date; writers may give either. */
type Time = ColumnType<Date, Date | string, Date | string>;
type NullableTime = ColumnType<Date | null, Date | string | null, Date | string | null>;

export interface Tables {
  installation: { only_one: Generated<boolean>; id: string; ca_fingerprint: string; created_at: Time };
  users: {
    id: UserId;
    email: string;
    name: string;
    role: Role;
    created_at: Time;
    password_hash: string | null;
    disabled_at: NullableTime;
    /** Who the user is at the OpenID provider; both or none. */
    oidc_issuer: ColumnType<string | null, string | null | undefined, string | null>;
    oidc_subject: ColumnType<string | null, string | null | undefined, string | null>;
  };
  sessions: {
    hash: string;
    id: SessionId;
    user_id: UserId;
    created_at: Time;
    expires_at: Time;
    address: string | null;
    user_agent: string | null;
  };
  password_links: { user_id: UserId; hash: string; created_at: Time; expires_at: Time };
  api_keys: {
    id: ApiKeyId;
    kind: 'personal' | 'agent';
    user_id: UserId | null;
    name: string;
    description: string;
    hash: string;
    created_at: Time;
    last_used_at: NullableTime;
    last_used_ip: string | null;
    /** Null: good until it is deleted. */
    expires_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
    /** Of an agent key that this host got when it registered. */
    host_id: ColumnType<HostId | null, HostId | null | undefined, never>;
  };
  registration_keys: {
    host_id: HostId;
    id: RegistrationKeyId;
    hash: string;
    replaces: boolean;
    user_id: UserId;
    created_at: Time;
    expires_at: Time;
    used_at: NullableTime;
    used_from: string | null;
  };
  audit_log: {
    /** A bigint, which drivers read as number or text. */
    sequence: ColumnType<string | number, number, never>;
    at: Time;
    action: string;
    actor_kind: AuditActorKind;
    actor_id: string | null;
    actor_name: string;
    credential: string | null;
    address: string;
    status: number;
    error_code: string | null;
    details: Json<Record<string, string>>;
    request_id: string;
    previous_hash: string;
    hash: string;
  };
  account_keys: { name: 'account' | 'previous'; public_key: string; created_at: Time };
  hosts: {
    id: HostId;
    registered_at: Time;
    last_seen_at: NullableTime;
    orchestrator_version: string | null;
    engine_reachable: boolean | null;
    disk_free_bytes: ColumnType<string | number | null, number | null, number | null>;
    disk_needed_bytes: ColumnType<string | number | null, number | null | undefined, number | null>;
    certificate_fingerprint: string | null;
    certificate_issued_at: NullableTime;
    certificate_expires_at: NullableTime;
    /** Still good until then; null: until the newer one is used for the first time. */
    previous_certificate_fingerprint: string | null;
    previous_certificate_until: NullableTime;
    account_keys: ColumnType<string[], string | undefined, string>;
    revoked_at: NullableTime;
    managed_agents: Json<ManagedAgent[]>;
    /** All three or none. */
    drained_at: NullableTime;
    drained_by: string | null;
    drain_note: string | null;
    /** The `drained_at` that the host says it knows of. */
    told_drained_at: NullableTime;
    /** Null where the host does not say. */
    slots: number | null;
    slot_runs: NullableJson<RunId[]>;
  };
  jobs: {
    id: JobId;
    name: string;
    host_id: HostId;
    agent_type: BatchAgentType;
    parameters: Json<AgentParameters>;
    settings: Json<JobSettings>;
    created_by: string;
    created_at: Time;
    version: Generated<number>;
    /** Both null until the first change. */
    changed_by: ColumnType<string | null, never, string>;
    changed_at: ColumnType<Date | null, never, Date>;
  };
  runs: {
    id: RunId;
    job_id: JobId;
    host_id: HostId;
    agent_type: BatchAgentType;
    parameters: Json<AgentParameters>;
    settings: Json<JobSettings>;
    status: RunStatus;
    failure: NullableJson<RecordedFailure>;
    requested_by: string;
    queued_at: Time;
    dispatched_at: NullableTime;
    started_at: NullableTime;
    finished_at: NullableTime;
    cancel_requested_at: NullableTime;
    exit_code: number | null;
    reported_end: NullableJson<ContainerEnd>;
    outcome: NullableJson<RunOutcome>;
    resources: NullableJson<ReportedResources>;
    log_lines: Generated<number>;
  };
  run_timeline: { run_id: RunId; kind: TimelineKind; at: Time; detail: string | null };
  /** Written by triggers. `id`: in the order in which events become visible; a bigint, which drivers read as text. */
  run_events: {
    id: ColumnType<string, never, never>;
    at: ColumnType<Date, never, never>;
    kind: RunEventKind;
    run_id: RunId;
    job_id: JobId;
    host_id: HostId;
    status: RunStatus;
    failure_code: string | null;
    detail: string | null;
  };
  /** `position`: the last event that this consumer has handled. */
  run_event_consumers: { name: string; position: ColumnType<string, string, string> };
  /** `day`: of UTC, as YYYY-MM-DD. `failure_code`: '' where there is none. */
  run_counts: {
    day: ColumnType<Date, string, never>;
    status: Exclude<RunStatus, 'running'>;
    failure_code: string;
    runs: ColumnType<string, number, number>;
  };
  /** How far the log of a run has come. `tail_bytes`: text that lies in chunks and not yet in a segment. */
  run_logs: {
    run_id: RunId;
    next_sequence: number;
    lines: number;
    bytes: ColumnType<string | number, number, number>;
    last_time: string;
    lines_at_last_time: number;
    tail_bytes: ColumnType<string | number, number, number>;
    removed_at: NullableTime;
  };
  /** The end of a log: what was not gathered into a segment yet. `content`: gzip of a JSON array of lines. */
  run_log_chunks: {
    run_id: RunId;
    sequence: number;
    first_line: number;
    lines: number;
    bytes: number;
    content: Uint8Array;
  };
  /** `object`: where its gzip of NDJSON lies in the object store. */
  run_log_segments: {
    run_id: RunId;
    first_line: number;
    lines: number;
    bytes: number;
    stored_bytes: number;
    object: string;
  };
  /** `content`: null where it lies in the object store, or was removed. `digest`: SHA-256 of what was sent, hex. */
  run_artifacts: {
    run_id: RunId;
    name: string;
    bytes: number;
    content: ColumnType<Uint8Array | null, null | undefined, null>;
    stored_bytes: number;
    object: string | null;
    digest: string | null;
    removed_at: NullableTime;
  };
  object_deletions: { key: string; asked_at: Time };
  cleanings: {
    at: Time;
    runs: number;
    logs: number;
    artifacts: number;
    objects: number;
    audit: number;
    events: number;
  };
  /** `sealed`: nonce, tag and AES-256-GCM of a key's text. */
  vault_keys: { name: string; sealed: Uint8Array; created_at: Time };
  leases: { name: string; holder: string; until: Time };
  lineage_repositories: {
    id: Generated<number>;
    name: string;
    workspace_id: number;
    synced_at: NullableTime;
    /** Digest of the list of parts that it holds exactly; null after a sync in one body, and while one is written. */
    manifest: ColumnType<string | null, string | null | undefined, string | null>;
  };
  /** `content` is the gzip of JSON of `bytes` bytes. `expires_at` is null for what the repository holds. */
  lineage_parts: {
    repository_id: number;
    digest: string;
    bytes: number;
    content: Uint8Array;
    expires_at: NullableTime;
  };
  lineage_nodes: {
    id: Generated<number>;
    repository_id: number;
    external_id: string;
    name: string;
    type: LineageNodeType;
    container_id: number | null;
    path: string;
    /** `path` in lower case, by the database. */
    searched: ColumnType<string, never, never>;
    /** What a search offers first, by the database. */
    search_rank: ColumnType<number, never, never>;
    attributes: Json<Record<string, string>>;
  };
  lineage_edges: {
    repository_id: number;
    upstream_id: number;
    downstream_id: number;
    transformations: Json<LineageTransformation[]>;
  };
}

export type Db = Kysely<Tables>;

/** A row as it is read. */
export type Row<Name extends keyof Tables> = Selectable<Tables[Name]>;
