import { z } from 'zod';
import { AgentType } from './agent-types.ts';
import { HostId, RunId } from './ids.ts';
import { hostLimits } from './limits.ts';
import { Instant, storableText } from './scalars.ts';

/** An agent installed on a host, with the names (never the secrets) of its connections. */
export const ManagedAgent = z.object({
  type: AgentType,
  image: storableText(512),
  connections: z
    .array(z.object({ connector: storableText(64), name: storableText(128) }))
    .max(hostLimits.connectionsOfAgent)
    .default([]),
});
export type ManagedAgent = z.infer<typeof ManagedAgent>;

/** `registered`: never heard of since registration. `offline`: silent for 15 s or more. `revoked`: locked out. */
export const HostState = z.enum(['registered', 'online', 'offline', 'revoked']);
export type HostState = z.infer<typeof HostState>;

/** Silence after which a host counts as offline. */
export const hostOfflineAfterMs = 15_000;
export const hostHeartbeatEveryMs = 5_000;

export const DrainInput = z.object({
  note: storableText(200).trim().min(1).describe('What is being done on the machine, for those whose runs wait.'),
});

/** That a host takes no new run: since when, who wants it so, and what for. */
export const Drain = z.object({ since: Instant, by: z.string(), note: z.string() });
export type Drain = z.infer<typeof Drain>;

/**
 * How far draining has come, by the host's own word. `asked`: the host has not said that it knows. `draining`: it starts nothing
 * more, and runs go on there. `drained`: nothing runs there.
 */
export const DrainState = z.enum(['asked', 'draining', 'drained']);
export type DrainState = z.infer<typeof DrainState>;

/** How many runs a host takes at once, and how many of those places are taken. */
export const HostSlots = z.object({ count: z.number().int(), taken: z.number().int() });

export const Host = z.object({
  id: HostId,
  state: HostState,
  registeredAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime().nullable(),
  orchestratorVersion: z.string().nullable(),
  engineReachable: z.boolean().nullable(),
  diskFreeBytes: z.number().int().nullable(),
  certificateExpiresAt: z.iso.datetime().nullable(),
  certificateFingerprint: z.string().nullable(),
  revokedAt: z.iso.datetime().nullable().default(null),
  accountKeys: z
    .array(z.string())
    .default([])
    .describe('Fingerprints of the account keys that the host last said it has.'),
  managedAgents: z.array(ManagedAgent),
  runningRuns: z.number().int(),
  queuedRuns: z.number().int(),
  drain: Drain.extend({ state: DrainState }).nullable().default(null).describe('Null: it takes runs.'),
  diskNeededBytes: z.number().int().nullable().default(null).describe('With less than this free, it starts no run.'),
  slots: HostSlots.nullable()
    .default(null)
    .describe('As the host last said; null where its orchestrator is of a version that does not, nor knows draining.'),
});
export type Host = z.infer<typeof Host>;

/** Below this, a large image or report may no longer fit. */
export const lowDiskBytes = 5 * 1024 ** 3;

/** How many hosts of a kind there are, and the first few by name. */
const SomeHosts = z.object({ count: z.number().int(), first: z.array(Host) });

/** All hosts at a glance. What is revoked is out on purpose, and counted by its state alone. */
export const HostSummary = z.object({
  states: z.object({
    registered: z.number().int(),
    online: z.number().int(),
    offline: z.number().int(),
    revoked: z.number().int(),
  } satisfies Record<HostState, z.ZodType>),
  unable: SomeHosts.describe(
    'Cannot run a job now: not online, no Docker engine, no agent, or too little disk free. Those with waiting runs first. None that is drained.',
  ),
  drained: SomeHosts.default({ count: 0, first: [] }).describe('Takes no new run, on purpose.'),
  lowOnDisk: SomeHosts.describe('Has less than 5 GiB free.'),
});
export type HostSummary = z.infer<typeof HostSummary>;

/** With a personal key of an admin this creates or re-issues; with the host's own certificate it updates the agents. */
export const RegisterRequest = z.object({
  hostId: HostId,
  managedAgents: z.array(ManagedAgent).max(hostLimits.managedAgents).default([]),
  certificateRequest: z.string().max(16_384).optional().describe('PKCS#10 request in PEM, for the key of this host.'),
});
export type RegisterRequest = z.input<typeof RegisterRequest>;

export const CaCertificate = z.object({ caCertificate: z.string().describe('The CA that the host pins, in PEM.') });

export const RegisterResponse = z.object({
  host: Host,
  certificate: z.string().optional().describe('The client certificate in PEM, when a request came.'),
  ...CaCertificate.shape,
  gatewayAddress: z.string().describe('host:port of the worker gateway.'),
  hostApiUrl: z.string().describe('Base URL of the host API (mTLS).'),
});
export type RegisterResponse = z.infer<typeof RegisterResponse>;

/** What a host may know of itself, to compare with what it has. */
export const OwnHost = z.object({
  host: Host,
  accountKey: z.string().nullable().describe('Fingerprint of the account key that the control plane seals for.'),
  previousAccountKey: z.string().nullable().describe('The one before it, while a rotation is not finished.'),
  bigeyeKey: z.string().describe("Fingerprint of the control plane's own key."),
  // Control planes before it was told have this one only.
  temporalNamespace: z.string().default('default').describe('Where the orchestrator polls for work.'),
});
export type OwnHost = z.infer<typeof OwnHost>;

/** The name in the control plane's own server certificate; hosts check it whatever address they connect to. */
export const controlPlaneServerName = 'control-plane.agent-orchestrator.internal';

/** The name (URI) in the certificate of what the control plane seals for hosts. */
export const controlPlaneUri = 'urn:bigeye:control-plane';

export const hostUriPrefix = 'urn:bigeye:host:';
/** The name (URI) in a host's certificate. */
export const hostUri = (hostId: HostId): string => `${hostUriPrefix}${hostId}`;

export const HeartbeatRequest = z.object({
  orchestratorVersion: storableText(64),
  engineReachable: z.boolean(),
  diskFreeBytes: z.number().int().min(0).nullable().describe('Of what runs need, where there is least.'),
  diskNeededBytes: z.number().int().min(0).nullish().describe('With less than this free, it starts no run.'),
  accountKeys: z
    .array(storableText(64))
    .max(hostLimits.accountKeys)
    .default([])
    .describe('Fingerprints of the account keys it has.'),
  slots: z
    .object({ count: z.number().int().min(1).max(hostLimits.slots), heldBy: z.array(RunId).max(hostLimits.slots) })
    .optional()
    .describe('How many runs it takes at once, and which have those places now.'),
  drainedSince: Instant.nullish().describe(
    'It knows that it is drained since then, and started nothing after saying so.',
  ),
});
export type HeartbeatRequest = z.input<typeof HeartbeatRequest>;

/** `activeRunIds`: the runs that may have a container on this host; whatever else carries our label there is nobody's. */
export const HeartbeatResponse = z.object({
  activeRunIds: z.array(RunId),
  certificateRenewalDue: z.boolean().default(false).describe('Time to send a new certificate request.'),
  drain: Drain.nullable().default(null).describe('Start nothing new.'),
});
export type HeartbeatResponse = z.infer<typeof HeartbeatResponse>;
