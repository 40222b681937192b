import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { type JsonObject, readJson } from './json-reader.ts';

/** The section flags of the documented service: five are on, every other one is off, and no setting changes that. */
export const FLAGS_ON = ['CONTAINERS', 'IMAGES', 'INFO', 'POST', 'VERSION'];
export const FLAGS_OFF =
  'ALLOW_PAUSE ALLOW_RESTARTS ALLOW_START ALLOW_STOP ALLOW_UNPAUSE AUTH BUILD COMMIT CONFIGS DISTRIBUTION EVENTS EXEC GRPC NETWORKS NODES PING PLUGINS SECRETS SERVICES SESSION SWARM SYSTEM TASKS VOLUMES'.split(
    ' ',
  );

export interface Policy {
  /** Absolute host path; a bind source is this path and exactly one segment more. */
  runsRoot: string;
  /** A Docker Hub namespace with its slash, as `bigeyedata/`. */
  imageNamespace: string;
  networks: string[];
  subCommands: string[];
  /** The one version every request is sent under, whatever the client asked for. */
  apiVersion: string;
  /** Repositories below the namespace; null means all of them. */
  repositories: string[] | null;
  requireDigest: boolean;
  allowPull: boolean;
  platforms: string[];
  envPrefixes: string[];
  mountTargets: string[];
  limits: Record<LimitName, number>;
}

type LimitName = 'memoryBytes' | 'nanoCpus' | 'pids' | 'shmBytes' | 'tmpfsBytes' | 'logBytes' | 'streams' | 'bodyBytes';

const GIB = 1024 ** 3;

/** What holds where the policy file says nothing; the file can only take away from it. */
export const DEFAULTS = {
  apiVersion: '1.44',
  repositories: null,
  requireDigest: false,
  allowPull: true,
  platforms: ['linux/amd64', 'linux/arm64'],
  envPrefixes: ['BIGEYE_', 'AGENT_', 'BATCH_'],
  mountTargets: ['/workspace', '/out', '/in'],
  limits: {
    memoryBytes: 8 * GIB,
    nanoCpus: 8_000_000_000,
    pids: 4096,
    shmBytes: GIB / 2,
    tmpfsBytes: GIB,
    logBytes: GIB,
    streams: 128,
    bodyBytes: 128 * 1024,
  },
} satisfies Omit<Policy, 'runsRoot' | 'imageNamespace' | 'networks' | 'subCommands'>;

const REQUIRED = ['runsRoot', 'imageNamespace', 'networks', 'subCommands'];
const SYSTEM_FOLDERS =
  /^\/(?:bin|boot|dev|etc|lib\w*|proc|run|sbin|sys|usr|var\/(?:run|lib\/(?:docker|containerd)))(?:\/|$)/;
const RESERVED_NETWORKS = /^(?:host|bridge|default|nat|[0-9a-f]{12,64}|.*orchestrator-internal)$/;

/** Reads the policy file. Every fault is returned, each naming its key and the remedy; nothing else than a complete policy passes. */
export function readPolicy(bytes: Uint8Array): { policy: Policy; faults: string[] } {
  const faults: string[] = [];
  const policy: Policy = { runsRoot: '', imageNamespace: '', networks: [], subCommands: [], ...DEFAULTS };
  let file: JsonObject;
  try {
    const document = readJson(bytes);
    if (!(document instanceof Map)) throw new Error('The document must be an object.');
    file = document;
  } catch (cause) {
    return { policy, faults: [`policy file: ${(cause as Error).message} Write it again with the CLI.`] };
  }
  const merge = (judges: Record<string, (value: unknown) => boolean>, from: JsonObject, into: object, prefix = '') => {
    for (const [key, value] of from) {
      const judge = Object.hasOwn(judges, key) ? judges[key] : undefined;
      if (!judge) faults.push(`policy key "${prefix}${key}" is unknown. Remove it or correct its spelling.`);
      else if (!judge(value))
        faults.push(`policy key "${prefix}${key}" is malformed or looser than the default. ${REMEDY}`);
      else if (key !== 'limits') Object.assign(into, { [key]: value });
    }
  };
  policy.limits = { ...DEFAULTS.limits };
  merge(POLICY_KEYS, file, policy);
  const limits = file.get('limits');
  if (limits instanceof Map) merge(LIMIT_KEYS, limits, policy.limits, 'limits.');
  for (const key of REQUIRED) if (!file.has(key)) faults.push(`policy key "${key}" is missing. ${REMEDY}`);
  return { policy, faults };
}

const REMEDY = 'docs/docker-guard.md lists the keys and their bounds.';

const isText = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value);
const isListOf = (judge: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= 64 &&
  value.every(judge) &&
  new Set(value).size === value.length;
const isOneOf = (allowed: readonly string[]) => (value: unknown) => allowed.includes(value as string);

const POLICY_KEYS: Record<string, (value: unknown) => boolean> = {
  runsRoot: (value) =>
    isText(/^(?:\/(?!\.{1,2}(?:\/|$))[^/\\:\p{C}]{1,255}){2,}$/u)(value) &&
    isAbsolute(String(value)) &&
    !SYSTEM_FOLDERS.test(String(value)),
  imageNamespace: isText(/^(?!library\/)[a-z0-9]+(?:[_-][a-z0-9]+)*\/$/),
  networks: isListOf((value) => isText(/^[a-z0-9][a-z0-9_.-]{0,62}$/)(value) && !RESERVED_NETWORKS.test(String(value))),
  subCommands: isListOf(isText(/^[a-z][a-z0-9-]{0,31}$/)),
  apiVersion: isText(/^1\.4[1-7]$/),
  repositories: isListOf(isText(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/)),
  requireDigest: (value) => typeof value === 'boolean',
  allowPull: (value) => typeof value === 'boolean',
  platforms: isListOf(isOneOf(DEFAULTS.platforms)),
  envPrefixes: isListOf(isOneOf(DEFAULTS.envPrefixes)),
  mountTargets: isListOf(isOneOf(DEFAULTS.mountTargets)),
  limits: (value) => value instanceof Map,
};

const LIMIT_KEYS = Object.fromEntries(
  Object.entries(DEFAULTS.limits).map(([key, most]) => [
    key,
    (value: unknown) => typeof value === 'number' && value >= 1 && value <= most,
  ]),
);

/**
 * What the orchestrator compares: SHA-256, in hex, of the JSON of `{flags, owner, policy}` with all keys sorted, where
 * `policy` is the effective one (defaults filled in) and `flags` holds every section flag as "0" or "1".
 */
export function policyFingerprint(policy: Policy, owner: string): string {
  const flags = Object.fromEntries([...FLAGS_ON.map((flag) => [flag, '1']), ...FLAGS_OFF.map((flag) => [flag, '0'])]);
  return createHash('sha256')
    .update(JSON.stringify(sortKeys({ flags, owner, policy })))
    .digest('hex');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
