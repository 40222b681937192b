import { hash } from 'node:crypto';
import { findObject, type Json, readJson } from './json-reader.ts';
import { refuse } from './refusal.ts';
import { boolean, type Judge, listOf, oneOf, text, whole } from './shape.ts';

/** The section flags of the documented service: five are on, every other one is off, and no setting changes that. */
export const FLAGS_ON = 'CONTAINERS IMAGES INFO POST VERSION'.split(' ');
export const FLAGS_OFF =
  `ALLOW_PAUSE ALLOW_RESTARTS ALLOW_START ALLOW_STOP ALLOW_UNPAUSE AUTH BUILD COMMIT CONFIGS DISTRIBUTION EVENTS EXEC
  GRPC NETWORKS NODES PING PLUGINS SECRETS SERVICES SESSION SWARM SYSTEM TASKS VOLUMES`.split(/\s+/);

export interface Policy {
  /** Absolute host path; a bind source is this path and exactly one segment more. */
  runsRoot: string;
  /** A Docker Hub namespace with its slash, as `bigeyedata/`. */
  imageNamespace: string;
  networks: string[];
  subCommands: string[];
  /** Repositories below the namespace; null means all of them. */
  repositories: string[] | null;
  requireDigest: boolean;
  allowPull: boolean;
  platforms: string[];
  envPrefixes: string[];
  mountTargets: string[];
  limits: typeof LIMITS;
}

const LIMITS = {
  memoryBytes: 8 * 1024 ** 3,
  nanoCpus: 8_000_000_000,
  pids: 4096,
  shmBytes: 512 * 1024 ** 2,
  tmpfsBytes: 1024 ** 3,
  logBytes: 1024 ** 3,
  streams: 128,
  bodyBytes: 128 * 1024,
};
const LEAST: Partial<typeof LIMITS> = { memoryBytes: 32 * 1024 ** 2, nanoCpus: 100_000_000 };

/** What holds where the policy file says nothing; the file can only take away from it. */
const DEFAULTS = {
  repositories: null,
  requireDigest: false,
  allowPull: true,
  platforms: ['linux/amd64', 'linux/arm64'],
  envPrefixes: ['BIGEYE_', 'AGENT_', 'BATCH_'],
  mountTargets: ['/workspace', '/out', '/in'],
};

const SYSTEM = 'bin|boot|dev|etc|lib\\w*|proc|run|sbin|sys|usr|var/(?:run|lib/(?:docker|containerd))';
const ABSOLUTE = new RegExp(`^(?!/(?:${SYSTEM})(?:/|$))(?:/(?!\\.{1,2}(?:/|$))[^/\\\\:\\p{C}]{1,255}){2,}$`, 'u');
// The default bridges, ids, and the network of the guard itself; a run must reach none of them.
const NETWORK = /^(?!(?:host|bridge|default|nat|[0-9a-f]{12,64}|.*orchestrator-internal)$)[a-z0-9][a-z0-9_.-]{0,62}$/;

const wordsOf = (pattern: RegExp) => listOf(text(pattern, 'has an entry that is not allowed'), 64, (word) => word);
const partOf = (defaults: string[]) => listOf(oneOf(...defaults), defaults.length, (word) => word);
const REQUIRED: Record<string, Judge> = {
  runsRoot: text(ABSOLUTE, "must be an absolute path of two segments or more, outside of the system's folders"),
  imageNamespace: text(/^(?!library\/)[a-z0-9]+(?:[_-][a-z0-9]+)*\/$/, 'must be a Docker Hub namespace with its slash'),
  networks: wordsOf(NETWORK),
  subCommands: wordsOf(/^[a-z][a-z0-9-]{0,31}$/),
};
const KEYS: Record<string, Judge> = {
  ...REQUIRED,
  repositories: wordsOf(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/),
  requireDigest: boolean,
  allowPull: boolean,
  platforms: partOf(DEFAULTS.platforms),
  envPrefixes: partOf(DEFAULTS.envPrefixes),
  mountTargets: partOf(DEFAULTS.mountTargets),
};
const LIMIT_KEYS = Object.fromEntries(
  Object.entries({ ...LIMITS }).map(([key, most]) => [key, whole(LEAST[key as keyof typeof LIMITS] ?? 1, most)]),
);

/** Reads the policy file; `faults` names every key that is missing, unknown, malformed or looser than the default. */
export function readPolicy(bytes: Uint8Array): { policy: Policy; faults: string[] } {
  const faults: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (cause) {
      const { message } = cause as Error;
      faults.push(`BIGEYE_GUARD_POLICY: ${message} docs/docker-guard.md lists the keys and their bounds.`);
      return undefined;
    }
  };
  const readKeys = (judges: Record<string, Judge>, value: Json, at: string): object => {
    const object = attempt(() => findObject(value) ?? refuse(at, 'must be an object')) ?? {};
    const read = Object.entries(object).map(([key, inner]) => {
      const place = `${at}.${key}`;
      const judge = Object.hasOwn(judges, key) ? judges[key] : undefined;
      const judgeKey = () =>
        (judge ?? refuse(place, 'is not known'))(inner, place) ?? refuse(place, 'must not be empty');
      return [key, attempt(judgeKey)];
    });
    return Object.fromEntries(read);
  };
  const { limits = {}, ...keys } =
    attempt(() => findObject(readJson(bytes)) ?? refuse('policy', 'must be an object')) ?? {};
  for (const key of Object.keys(REQUIRED)) if (!(key in keys)) attempt(() => refuse(`policy.${key}`, 'is required'));
  const given = readKeys(KEYS, keys, 'policy');
  const tightened = readKeys(LIMIT_KEYS, limits, 'policy.limits');
  return { policy: { ...DEFAULTS, ...given, limits: { ...LIMITS, ...tightened } } as Policy, faults };
}

/**
 * What the orchestrator compares: SHA-256, in hex, of the JSON of `{flags, owner, policy}` with all keys sorted, where
 * `policy` is the effective one (defaults filled in) and `flags` holds every section flag as "0" or "1".
 */
export function policyFingerprint(policy: Policy, owner: string): string {
  const flags = Object.fromEntries([...FLAGS_ON.map((flag) => [flag, '1']), ...FLAGS_OFF.map((flag) => [flag, '0'])]);
  const sortKeys = (_: string, value: unknown) => {
    const object = findObject(value as Json);
    return object ? Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
  };
  return hash('sha256', JSON.stringify({ flags, owner, policy }, sortKeys));
}
