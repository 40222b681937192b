import { readFileSync } from 'node:fs';
import { FLAGS_OFF, FLAGS_ON, type Policy, policyFingerprint, readPolicy } from './policy.ts';

export type ListenAddress = { path: string } | { host: string; port: number };

export interface Config {
  listen: ListenAddress;
  dockerSocket: string;
  /** The value of the owner label: containers that carry another one, or none, do not exist for our clients. */
  owner: string;
  /** File that audit lines are appended to; undefined means standard output. */
  auditLog: string | undefined;
  policy: Policy;
  fingerprint: string;
}

export type Command = 'serve' | 'health' | 'print-fingerprint';

/** Settings that do not fit; the list is complete, so that one correction is enough. */
export class ConfigError extends Error {
  readonly faults: string[];

  constructor(faults: string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

const SETTINGS: Record<string, { variable: string; default?: string }> = {
  '--listen': { variable: 'BIGEYE_GUARD_LISTEN', default: '0.0.0.0:2375' },
  '--docker-socket': { variable: 'BIGEYE_GUARD_DOCKER_SOCKET', default: '/var/run/docker.sock' },
  '--policy': { variable: 'BIGEYE_GUARD_POLICY', default: '/etc/bigeye/policy.json' },
  '--owner': { variable: 'BIGEYE_GUARD_OWNER' },
  '--audit-log': { variable: 'BIGEYE_GUARD_AUDIT_LOG' },
};
// Settings of the stock proxy that have no meaning here: silently ignoring one would leave its author in error.
const FOREIGN = ['SOCKET_PATH', 'BIND_CONFIG', 'LISTEN_ADDRESS', 'ALLOW_RESTART'];
const COMMANDS: Record<string, Command> = { '--health': 'health', '--print-fingerprint': 'print-fingerprint' };

/** Reads command line and environment (the command line wins). Throws a ConfigError that lists every fault at once. */
export function readConfig(argv: string[], env: NodeJS.ProcessEnv = process.env): { command: Command; config: Config } {
  const faults: string[] = [];
  const given = new Map<string, string>();
  let command: Command = 'serve';
  for (let at = 0; at < argv.length; at += 1) {
    const name = argv[at] ?? '';
    const value = argv[at + 1];
    if (COMMANDS[name]) command = COMMANDS[name];
    else if (!Object.hasOwn(SETTINGS, name))
      faults.push(`argument "${name}" is unknown. Use ${Object.keys(SETTINGS).join(', ')}.`);
    else if (given.has(name)) faults.push(`argument "${name}" is given twice. Give it once.`);
    else if (value === undefined || value.startsWith('--')) faults.push(`argument "${name}" has no value. Give one.`);
    else {
      given.set(name, value);
      at += 1;
    }
  }
  const setting = (name: string): string | undefined =>
    given.get(name) ?? (env[SETTINGS[name]?.variable ?? ''] || SETTINGS[name]?.default);

  const listen = readListen(setting('--listen') ?? '', faults);
  if (command === 'health') {
    if (faults.length > 0) throw new ConfigError(faults);
    return { command, config: { listen } as Config };
  }
  faults.push(...flagFaults(env, given.size > 0));
  const dockerSocket = setting('--docker-socket') ?? '';
  if (!dockerSocket.startsWith('/'))
    faults.push('BIGEYE_GUARD_DOCKER_SOCKET must be an absolute path, as "/var/run/docker.sock".');
  const owner = setting('--owner') ?? '';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$/.test(owner))
    faults.push('BIGEYE_GUARD_OWNER must be 1 to 256 letters, digits, ".", "_" or "-". Set it to the id of this host.');
  const policy = loadPolicy(setting('--policy') ?? '', faults);
  if (faults.length > 0 || !listen || !policy) throw new ConfigError(faults);
  const fingerprint = policyFingerprint(policy, owner);
  return { command, config: { listen, dockerSocket, owner, auditLog: setting('--audit-log'), policy, fingerprint } };
}

function readListen(text: string, faults: string[]): ListenAddress | undefined {
  if (text.startsWith('/')) return { path: text };
  const match = /^(?:([A-Za-z0-9.-]+)|\[([0-9a-fA-F:.]+)\]):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match && port <= 65_535) return { host: match[1] ?? match[2] ?? '', port };
  faults.push(
    `BIGEYE_GUARD_LISTEN is "${text}". Give an absolute path of a unix socket or host:port, as "0.0.0.0:2375".`,
  );
  return undefined;
}

function flagFaults(env: NodeJS.ProcessEnv, byCommandLine: boolean): string[] {
  const known = new Set(Object.values(SETTINGS).map((setting) => setting.variable));
  const faults: string[] = [];
  for (const flag of FLAGS_ON)
    if (env[flag] !== '1' && !(byCommandLine && env[flag] === undefined))
      faults.push(
        `${flag} is ${env[flag] === undefined ? 'not set' : `"${env[flag]}"`}. It is part of the documented set: set ${flag}=1.`,
      );
  for (const name of Object.keys(env)) {
    const off = FLAGS_OFF.includes(name) || name.startsWith('ALLOW_');
    if (off && env[name] !== '0' && env[name] !== '')
      faults.push(`${name} is "${env[name]}". This section is closed for good: set ${name}=0 or remove it.`);
    if (FOREIGN.includes(name))
      faults.push(
        `${name} is no setting of this guard. Remove it; see BIGEYE_GUARD_LISTEN and BIGEYE_GUARD_DOCKER_SOCKET.`,
      );
    if (name.startsWith('BIGEYE_GUARD_') && !known.has(name))
      faults.push(`${name} is unknown. Remove it or correct its spelling; known are ${[...known].join(', ')}.`);
  }
  return faults;
}

function loadPolicy(path: string, faults: string[]): Policy | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    faults.push(
      `BIGEYE_GUARD_POLICY: the file "${path}" cannot be read (${(cause as NodeJS.ErrnoException).code}). Mount the file the CLI wrote.`,
    );
    return undefined;
  }
  const read = readPolicy(bytes);
  faults.push(...read.faults);
  return read.policy;
}
