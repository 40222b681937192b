import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { HostHome } from './host-home.ts';
import type { RunSlot } from './run-slots.ts';
import type { StackUser } from './stack-user.ts';

/** To the guard, null is the same as nothing. */
const withoutNulls = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null))
    : value;
const isUnique = (list: string[]) => new Set(list).size === list.length;
const words = (pattern: RegExp) => z.array(z.string().regex(pattern)).min(1).max(64).refine(isUnique);
const partOf = <T extends string>(all: readonly T[]) => z.array(z.enum(all)).min(1).refine(isUnique);

/** What the guard allows where the file says nothing, and its most for these keys. */
const defaults = {
  imageNamespace: 'bigeyedata/',
  subCommands: ['run'],
  requireDigest: false,
  allowPull: true,
  // Without a file that says so the guard itself is closed there.
  allowStats: true,
  platforms: ['linux/amd64', 'linux/arm64'],
  envPrefixes: ['BIGEYE_', 'AGENT_', 'BATCH_'],
  mountTargets: ['/workspace', '/out', '/in'],
} as const;
const mostOf = {
  memoryBytes: 8 * 1024 ** 3,
  nanoCpus: 8_000_000_000,
  pids: 4096,
  shmBytes: 512 * 1024 ** 2,
  tmpfsBytes: 1024 ** 3,
  logBytes: 1024 ** 3,
  streams: 128,
  bodyBytes: 128 * 1024,
};
const leastOf: Partial<typeof mostOf> = { memoryBytes: 32 * 1024 ** 2, nanoCpus: 100_000_000 };
const limitNames = Object.keys(mostOf) as (keyof typeof mostOf)[];

/** The keys that are the operator's to tighten, as the guard reads them (`apps/socket-proxy/src/policy.ts`). */
const operatorsKeys = {
  imageNamespace: z.string().regex(/^(?!library\/)[a-z0-9]+(?:[_-][a-z0-9]+)*\/$/),
  subCommands: words(/^[a-z][a-z0-9-]{0,31}$/),
  repositories: words(/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/),
  requireDigest: z.boolean(),
  allowPull: z.boolean(),
  allowStats: z.boolean(),
  platforms: partOf(defaults.platforms),
  envPrefixes: partOf(defaults.envPrefixes),
  mountTargets: partOf(defaults.mountTargets),
  limits: z.preprocess(
    withoutNulls,
    z.strictObject(
      Object.fromEntries(
        limitNames.map((name) => [
          name,
          z
            .number()
            .int()
            .min(leastOf[name] ?? 1)
            .max(mostOf[name])
            .optional(),
        ]),
      ),
    ),
  ),
};
export const OperatorsPolicy = z.object(operatorsKeys).partial();
export type OperatorsPolicy = z.infer<typeof OperatorsPolicy>;

/** What lets the guard allow more than was recorded: the key of the policy, or a file, and the difference in words. */
export interface Loosening {
  key: string;
  difference: string;
}

export interface GuardPolicyPlan {
  /** The whole of `guard_policy.json`. */
  content: string;
  operators: OperatorsPolicy;
  loosened: Loosening[];
  /** One sentence for each thing left out of the operator's file: the guard could not start with it, or only the CLI may set it. */
  mended: string[];
}

export interface GuardPolicyInput {
  home: HostHome;
  user: StackUser;
  slots: RunSlot[];
  /** The operator's part as it was recorded last. */
  recorded?: OperatorsPolicy | undefined;
}

/**
 * The policy file to write: ours, with what the operator has written into it. Tightening is kept. What loosens is in the
 * content too, and listed: whoever writes the file must have asked.
 */
export function planGuardPolicy(input: GuardPolicyInput): GuardPolicyPlan {
  const { given, mended } = readOperatorsPolicy(input);
  return { ...withOperators(input, given), loosened: looseningsOf(input.recorded ?? {}, given), mended };
}

/** The same, but what the file loosens is as it was recorded, except for `wanted` keys; what it tightens is kept. */
export function restoreGuardPolicy(input: GuardPolicyInput, wanted: string[] = []): GuardPolicyPlan {
  const { given, mended } = readOperatorsPolicy(input);
  const recorded: Record<string, unknown> = input.recorded ?? {};
  const restored: Record<string, unknown> = { ...given, limits: { ...given.limits } };
  for (const { key } of looseningsOf(input.recorded ?? {}, given)) {
    if (wanted.includes(key)) continue;
    const [limits, name] = [restored.limits as Record<string, unknown>, key.split('.')[1]];
    if (name === undefined) restored[key] = recorded[key];
    else limits[name] = input.recorded?.limits?.[name];
  }
  // What is undefined is not written, and counts as not there.
  return { ...withOperators(input, OperatorsPolicy.parse(JSON.parse(JSON.stringify(restored)))), loosened: [], mended };
}

const ours = ({ home, user, slots }: GuardPolicyInput) => ({
  runsRoot: home.runs,
  networks: ['none', ...slots.map(({ network }) => network)],
  user: `${user.uid}:${user.gid}`,
});

function withOperators(input: GuardPolicyInput, operators: OperatorsPolicy) {
  const { imageNamespace, subCommands, allowStats } = defaults;
  const policy = { imageNamespace, subCommands, allowStats, ...operators, ...ours(input) };
  return { content: `${JSON.stringify(policy, null, 2)}\n`, operators };
}

function readOperatorsPolicy(input: GuardPolicyInput): { given: OperatorsPolicy; mended: string[] } {
  const file = input.home.guardPolicy;
  if (!existsSync(file)) return { given: {}, mended: [] };
  const document = jsonObject(readFileSync(file, 'utf8'));
  if (!document) return { given: input.recorded ?? {}, mended: ['it is not a JSON object; it is as recorded again'] };
  const mended: string[] = [];
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(document)) {
    if (Object.hasOwn(ours(input), key)) continue;
    // To the guard nothing is said then; where we would open something, that is said for it.
    if (value === null) {
      if (key === 'allowStats') given[key] = false;
      continue;
    }
    const isKnown = Object.hasOwn(operatorsKeys, key);
    const parsed = isKnown ? operatorsKeys[key as keyof typeof operatorsKeys].safeParse(value) : undefined;
    if (parsed?.success) given[key] = parsed.data;
    else mended.push(`${key} is ${parsed ? 'nothing that the guard takes' : 'no key of the policy'}; it is left out`);
  }
  return { given, mended };
}

/** Each key under which `now` allows what `before` did not. */
function looseningsOf(before: OperatorsPolicy, now: OperatorsPolicy): Loosening[] {
  const [was, is] = [withDefaults(before), withDefaults(now)];
  const lists = ['subCommands', 'platforms', 'envPrefixes', 'mountTargets', 'repositories'] as const;
  const loosened: [key: string, isLooser: boolean, from: unknown, to: unknown][] = [
    ['imageNamespace', was.imageNamespace !== is.imageNamespace, was.imageNamespace, is.imageNamespace],
    ...lists.map((key): (typeof loosened)[0] => [key, hasMore(is[key], was[key]), was[key], is[key]]),
    ['requireDigest', was.requireDigest && !is.requireDigest, was.requireDigest, is.requireDigest],
    ['allowPull', is.allowPull && !was.allowPull, was.allowPull, is.allowPull],
    ['allowStats', is.allowStats && !was.allowStats, was.allowStats, is.allowStats],
    ...limitNames.map((name): (typeof loosened)[0] => {
      const [from, to] = [was.limits[name], is.limits[name]];
      return [`limits.${name}`, to > from, from, to];
    }),
  ];
  return loosened
    .filter(([, isLooser]) => isLooser)
    .map(([key, , from, to]) => ({ key, difference: `${JSON.stringify(from)} → ${JSON.stringify(to)}` }));
}

const withDefaults = (policy: OperatorsPolicy) => ({
  imageNamespace: policy.imageNamespace ?? defaults.imageNamespace,
  subCommands: policy.subCommands ?? defaults.subCommands,
  repositories: policy.repositories ?? ('all' as const),
  requireDigest: policy.requireDigest ?? defaults.requireDigest,
  allowPull: policy.allowPull ?? defaults.allowPull,
  allowStats: policy.allowStats ?? defaults.allowStats,
  platforms: policy.platforms ?? defaults.platforms,
  envPrefixes: policy.envPrefixes ?? defaults.envPrefixes,
  mountTargets: policy.mountTargets ?? defaults.mountTargets,
  limits: Object.fromEntries(limitNames.map((name) => [name, policy.limits?.[name] ?? mostOf[name]])) as typeof mostOf,
});

type Words = readonly string[] | 'all';
const hasMore = (now: Words, before: Words) =>
  before !== 'all' && (now === 'all' || now.some((word) => !before.includes(word)));

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(text);
    const isObject = typeof document === 'object' && document !== null && !Array.isArray(document);
    return isObject ? (document as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
