import { hash } from 'node:crypto';
import { findObject, type Json, readJson } from './json-reader.ts';
import { refuse } from './refusal.ts';
import { boolean, type Judge, listOf, object, oneOf, text, whole } from './shape.ts';

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
  /** The one `uid:gid` that runs have. Another one, the Docker group's above all, would open what its folders hide. */
  user: string;
  /** Repositories below the namespace; null means all of them. */
  repositories: string[] | null;
  requireDigest: boolean;
  allowPull: boolean;
  /** Whether a client may read what its own run containers take. */
  allowStats: boolean;
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
const LEAST: Record<string, number> = { memoryBytes: 32 * 1024 ** 2, nanoCpus: 100_000_000 };

/** What holds where the policy file says nothing; the file can only take away from it, but for `allowStats`, which it opens. */
const DEFAULTS = {
  user: '10001:10001',
  repositories: null,
  requireDigest: false,
  allowPull: true,
  allowStats: false,
  platforms: ['linux/amd64', 'linux/arm64'],
  envPrefixes: ['BIGEYE_', 'AGENT_', 'BATCH_'],
  mountTargets: ['/workspace', '/out', '/in'],
};

const ID = '(?:[1-9]\\d{0,8}|1\\d{9}|20\\d{8})';
const SYSTEM = 'bin|boot|dev|etc|lib\\w*|proc|run|sbin|sys|usr|var/(?:run|lib/(?:docker|containerd))';
const ABSOLUTE = new RegExp(`^(?!/(?:${SYSTEM})(?:/|$))(?:/(?!\\.{1,2}(?:/|$))[^/\\\\:\\p{C}]{1,255}){2,}$`, 'u');
// The default bridges, ids, and the network of the guard itself; a run must reach none of them.
const NETWORK = /^(?!(?:host|bridge|default|nat|[0-9a-f]{12,64}|.*orchestrator-internal)$)[a-z0-9][a-z0-9_.-]{0,62}$/;

const filled =
  (judge: Judge): Judge =>
  (value, at) =>
    judge(value, at) ?? refuse(at, 'must not be empty');
const wordsOf = (pattern: RegExp) =>
  filled(listOf(text(pattern, 'has an entry that is not allowed'), 64, (word) => word));
const partOf = (defaults: string[]) => filled(listOf(oneOf(...defaults), defaults.length, (word) => word));
const tightened = Object.entries(LIMITS).map(([key, most]) => [key, whole(LEAST[key] ?? 1, most)]);
const FILE = object({
  'runsRoot!': text(ABSOLUTE, "must be an absolute path of two segments or more, outside of the system's folders"),
  'imageNamespace!': text(
    /^(?!library\/)[a-z0-9]+(?:[_-][a-z0-9]+)*\/$/,
    'must be a Docker Hub namespace with a slash',
  ),
  'networks!': wordsOf(NETWORK),
  'subCommands!': wordsOf(/^[a-z][a-z0-9-]{0,31}$/),
  user: text(new RegExp(`^${ID}:${ID}$`), 'must be a numeric uid:gid other than 0'),
  repositories: wordsOf(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/),
  'requireDigest allowPull allowStats': boolean,
  platforms: partOf(DEFAULTS.platforms),
  envPrefixes: partOf(DEFAULTS.envPrefixes),
  mountTargets: partOf(DEFAULTS.mountTargets),
  limits: object(Object.fromEntries(tightened)),
});

/** Reads the policy file; throws a Refusal at a key that is missing, unknown, malformed or looser than the default. */
export function readPolicy(bytes: Uint8Array): Policy {
  const { limits, ...given } = FILE(readJson(bytes), 'policy') as Policy;
  return { ...DEFAULTS, ...given, limits: { ...LIMITS, ...limits } };
}

/**
 * What the orchestrator compares: SHA-256, in hex, of the JSON of `{flags, owner, policy}` with all keys sorted, where
 * `policy` is the effective one (defaults filled in) and `flags` holds every section flag as "0" or "1".
 */
export function policyFingerprint(policy: Policy, owner: string): string {
  const flags = Object.fromEntries([...FLAGS_ON.map((flag) => [flag, '1']), ...FLAGS_OFF.map((flag) => [flag, '0'])]);
  const sortKeys = (_: string, value: unknown) => {
    const object = findObject(value as Json);
    return object
      ? Object.fromEntries(
          Object.keys(object)
            .sort()
            .map((key) => [key, object[key]]),
        )
      : value;
  };
  return hash('sha256', JSON.stringify({ flags, owner, policy }, sortKeys));
}
