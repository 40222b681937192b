import { hash } from 'node:crypto';
import { findObject, type Json, readJson } from './json-reader.ts';
import { type Judge, listOf, refuse, shape, textOf } from './shape.ts';

/** The section flags of the documented service: five are on, every other one is off, and no setting changes that. */
export const FLAGS_ON = 'CONTAINERS IMAGES INFO POST VERSION'.split(' ');
export const FLAGS_OFF =
  `ALLOW_PAUSE ALLOW_RESTARTS ALLOW_START ALLOW_STOP ALLOW_UNPAUSE AUTH BUILD COMMIT CONFIGS DISTRIBUTION EVENTS EXEC
  GRPC NETWORKS NODES PING PLUGINS SECRETS SERVICES SESSION SWARM SYSTEM TASKS VOLUMES`.split(/\s+/);

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

/** What holds where the policy file says nothing; the file can only take away from it. */
export const POLICY_DEFAULTS = {
  /** The one version every request is sent under, whatever the client asked for. */
  apiVersion: '1.44',
  /** Repositories below the namespace; null means all of them. */
  repositories: null as string[] | null,
  requireDigest: false,
  allowPull: true,
  platforms: ['linux/amd64', 'linux/arm64'],
  envPrefixes: ['BIGEYE_', 'AGENT_', 'BATCH_'],
  mountTargets: ['/workspace', '/out', '/in'],
  limits: LIMITS,
};

export type Policy = typeof POLICY_DEFAULTS & {
  /** Absolute host path; a bind source is this path and exactly one segment more. */
  runsRoot: string;
  /** A Docker Hub namespace with its slash, as `bigeyedata/`. */
  imageNamespace: string;
  networks: string[];
  subCommands: string[];
};

const FILE = `
  runsRoot          absolute path outside of the system's folders
  imageNamespace    namespace with its slash
  networks          list of networks
  subCommands       list of words
  apiVersion        version
  repositories      list of repositories
  requireDigest     boolean
  allowPull         boolean
  platforms         list of default platforms
  envPrefixes       list of default prefixes
  mountTargets      list of default targets`;
const REQUIRED = ['runsRoot', 'imageNamespace', 'networks', 'subCommands'];

const SYSTEM = 'bin|boot|dev|etc|lib\\w*|proc|run|sbin|sys|usr|var/(?:run|lib/(?:docker|containerd))';
const ABSOLUTE = new RegExp(`^(?!/(?:${SYSTEM})(?:/|$))(?:/(?!\\.{1,2}(?:/|$))[^/\\\\:\\p{C}]{1,255}){2,}$`, 'u');
// The default bridges, ids, and the network of the guard itself; a run must reach none of them.
const NETWORK = /^(?!(?:host|bridge|default|nat|[0-9a-f]{12,64}|.*orchestrator-internal)$)[a-z0-9][a-z0-9_.-]{0,62}$/;

/** Reads the policy file; `faults` names every key that is missing, unknown, malformed or looser than the default. */
export function readPolicy(bytes: Uint8Array): { policy: Policy; faults: string[] } {
  const list = (pattern: RegExp) => nonEmpty(textOf(pattern, 'has an entry that is not allowed'));
  const subset = (allowed: string[]) => list(new RegExp(`^(?:${allowed.join('|')})$`));
  const fileJudge = shape(FILE, {
    "absolute path outside of the system's folders": ABSOLUTE,
    'namespace with its slash': /^(?!library\/)[a-z0-9]+(?:[_-][a-z0-9]+)*\/$/,
    'list of networks': list(NETWORK),
    'list of words': list(/^[a-z][a-z0-9-]{0,31}$/),
    version: /^1\.4[1-7]$/,
    'list of repositories': list(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/),
    'list of default platforms': subset(POLICY_DEFAULTS.platforms),
    'list of default prefixes': subset(POLICY_DEFAULTS.envPrefixes),
    'list of default targets': subset(POLICY_DEFAULTS.mountTargets),
  });
  const limitsJudge = shape(
    Object.keys(LIMITS)
      .map((key) => `${key}  1..${key}`)
      .join('\n'),
    LIMITS,
  );
  const faults: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (cause) {
      faults.push(
        `BIGEYE_GUARD_POLICY: ${(cause as Error).message} docs/docker-guard.md lists the keys and their bounds.`,
      );
      return undefined;
    }
  };
  // Key by key, so that every fault is found and not only the first.
  const readKeys = (judge: Judge, object: Json, at: string): object => {
    const entries = Object.entries(findObject(object) ?? refuse(at, 'must be an object'));
    const read = entries.map(([key, value]) => attempt(() => judge({ [key]: value }, at)));
    return Object.assign({}, ...read);
  };
  const file = attempt(() => findObject(readJson(bytes)) ?? refuse('policy', 'must be an object'));
  const { limits = {}, ...keys } = file ?? {};
  const given = attempt(() => readKeys(fileJudge, keys, 'policy')) ?? {};
  for (const key of REQUIRED) if (!(key in keys)) attempt(() => refuse(`policy.${key}`, 'is required'));
  const tightened = attempt(() => readKeys(limitsJudge, limits, 'policy.limits'));
  return { policy: { ...POLICY_DEFAULTS, ...given, limits: { ...LIMITS, ...tightened } } as Policy, faults };
}

function nonEmpty(entry: Judge): Judge {
  const judge = listOf(entry, 64, (item) => item);
  return (value, at) => judge(value, at) ?? refuse(at, 'must not be empty');
}

/**
 * What the orchestrator compares: SHA-256, in hex, of the JSON of `{flags, owner, policy}` with all keys sorted, where
 * `policy` is the effective one (defaults filled in) and `flags` holds every section flag as "0" or "1".
 */
export function policyFingerprint(policy: Policy, owner: string): string {
  const flags = Object.fromEntries([...FLAGS_ON.map((flag) => [flag, '1']), ...FLAGS_OFF.map((flag) => [flag, '0'])]);
  return hash('sha256', JSON.stringify(sortKeys({ flags, owner, policy })));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}
