import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError, type HostId } from '@bigeye/contracts';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { stackServices } from './compose-file.ts';
import { type Loosening, OperatorsPolicy } from './guard-policy-file.ts';
import { type HostHome, hostFilesOf } from './host-home.ts';
import { stackUser } from './stack-user.ts';
import { writeFileAtomically } from './write-file.ts';

/** Hashes of every part that decides what the guard is: a place in the file → SHA-256 of its canonical value. */
export type GuardFingerprint = Record<string, string>;

const GuardRecord = z.object({
  version: z.literal(1),
  parts: z.record(z.string(), z.string()),
  /** What the operator had made of the policy then: anything looser has to be asked for. */
  operators: OperatorsPolicy.optional(),
  /** What the guard itself said of its policy when the stack was last seen healthy. */
  runningPolicy: z.string().optional(),
});
type GuardRecord = z.infer<typeof GuardRecord>;
type Tree = Record<string, unknown>;

/** Keys by which Compose takes content from elsewhere or hides it. */
const foreignContent = (key: string) => key === 'include' || key === 'extends' || key.startsWith('x-');

/**
 * Fingerprint of the guard as the files on disk define it. The Compose file is resolved first (anchors, merge keys), so
 * it does not matter how something is written, only what it means. Throws GUARD_TAMPERED where a file cannot be read.
 */
export function guardFingerprint(home: HostHome): GuardFingerprint {
  const compose = readCompose(home.composeFile);
  const services = treeOf(compose.services);
  const guard = treeOf(services[stackServices.guard]);
  const parts: Tree = { 'guard_policy.json': readText(home.guardPolicy), name: compose.name };
  for (const [key, value] of Object.entries(guard)) {
    const place = `services.${stackServices.guard}.${key}`;
    if (key === 'environment' && isTree(value))
      for (const [name, setting] of Object.entries(value)) parts[`${place}.${name}`] = setting;
    else parts[place] = value;
  }
  for (const network of namesOf(guard.networks)) {
    parts[`networks.${network}`] = treeOf(compose.networks)[network];
    parts[`members of ${network}`] = Object.keys(services)
      .filter((name) => namesOf(treeOf(services[name]).networks).includes(network))
      .sort();
  }
  parts['services that mount the Docker socket'] = Object.keys(services)
    .filter((name) => JSON.stringify(treeOf(services[name]).volumes ?? null).includes('docker.sock'))
    .sort();
  for (const key of Object.keys(compose).filter(foreignContent)) parts[key] = compose[key];
  for (const file of overridesBeside(home)) parts[placeOfOverride(path.basename(file))] = readText(file);
  return Object.fromEntries(Object.entries(parts).map(([place, value]) => [place, hashOf(value)]));
}

/**
 * Remembers the guard as the CLI has just written it: with the operator's part of the policy, or the one known already, and with
 * what the running guard says of itself, once that is known.
 */
export function recordGuard(
  home: HostHome,
  hostId: HostId,
  { runningPolicy, operators = findRecord(home, hostId)?.operators }: GuardFacts = {},
): void {
  const record: GuardRecord = { version: 1, parts: guardFingerprint(home), operators, runningPolicy };
  const content = `${JSON.stringify(record, null, 2)}\n`;
  writeFileAtomically(hostFilesOf(home, hostId).guardRecord, content, { mode: 0o600, owner: stackUser() });
}

export interface GuardFacts {
  runningPolicy?: string | undefined;
  operators?: OperatorsPolicy | undefined;
}

/** The operator's part of the policy as it was recorded last. */
export function findRecordedPolicy(home: HostHome, hostId: HostId): OperatorsPolicy | undefined {
  return findRecord(home, hostId)?.operators;
}

/** Files that Compose would merge into the stack and that are new or changed since the guard was recorded. */
export function newOverrides(home: HostHome, hostId: HostId): Loosening[] {
  const recorded = findRecord(home, hostId)?.parts ?? {};
  return overridesBeside(home)
    .map((file) => ({ key: path.basename(file), hash: hashOf(readText(file)) }))
    .filter(({ key, hash }) => recorded[placeOfOverride(key)] !== hash)
    .map(({ key }) => ({ key, difference: recorded[placeOfOverride(key)] ? 'it was changed' : 'it was not there' }));
}

const placeOfOverride = (name: string) => `the file ${name}`;

/** Throws GUARD_TAMPERED, naming every part that is not as the CLI wrote it. */
export function assertGuardUntouched(home: HostHome, hostId: HostId): void {
  const written = readRecord(home, hostId).parts;
  const found = guardFingerprint(home);
  const differs = [...new Set([...Object.keys(written), ...Object.keys(found)])]
    .filter((place) => written[place] !== found[place])
    .sort();
  if (differs.length > 0) throw new AppError('GUARD_TAMPERED', { differs });
}

/** Throws GUARD_TAMPERED where the guard that answers enforces another policy than the one seen after it was written. */
export function assertRunningGuard(home: HostHome, hostId: HostId, runningPolicy: string | undefined): void {
  const { runningPolicy: expected } = readRecord(home, hostId);
  if (expected !== undefined && expected !== runningPolicy)
    throw new AppError('GUARD_TAMPERED', { differs: ['the policy of the guard that is running'] });
}

function readRecord(home: HostHome, hostId: HostId): GuardRecord {
  const record = findRecord(home, hostId);
  if (record) return record;
  const name = path.basename(hostFilesOf(home, hostId).guardRecord);
  throw new AppError('GUARD_TAMPERED', { differs: [`${name} is missing or broken`] });
}

const findRecord = (home: HostHome, hostId: HostId): GuardRecord | undefined =>
  GuardRecord.safeParse(tryJson(hostFilesOf(home, hostId).guardRecord)).data;

function readCompose(file: string): Tree {
  const document = parseDocument(readText(file), { merge: true });
  const fault = document.errors[0]?.message.split('\n')[0];
  if (fault) throw new AppError('GUARD_TAMPERED', { differs: [`${path.basename(file)}: ${fault}`] });
  return treeOf(document.toJS());
}

/** Compose would merge these by itself where someone starts the stack by hand. */
function overridesBeside(home: HostHome): string[] {
  const stems = ['docker-compose.override', 'compose.override', 'docker-compose.bigeye.override'];
  const names = stems.flatMap((stem) => [`${stem}.yml`, `${stem}.yaml`]);
  return names.map((name) => path.join(home.folder, name)).filter((file) => existsSync(file));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('GUARD_TAMPERED', { differs: [`${path.basename(file)} cannot be read`] }, { cause });
  }
}

function tryJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
const treeOf = (value: unknown): Tree => (isTree(value) ? value : {});
const namesOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : Object.keys(treeOf(value)));

function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}

/** JSON with sorted keys, so that the order in the file says nothing. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isTree(value)) return JSON.stringify(value) ?? 'absent';
  const pairs = Object.keys(value).sort();
  return `{${pairs.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}
