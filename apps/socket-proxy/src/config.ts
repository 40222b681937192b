import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
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

/** Settings that do not fit: one line for each, and all of them at once, so that one correction is enough. */
export class ConfigError extends Error {}

const HINT = 'docs/docker-guard.md lists the keys and their bounds.';
/** Each is an option of the command line, and a variable of the environment. */
const SETTINGS = {
  listen: '0.0.0.0:2375',
  'docker-socket': '/var/run/docker.sock',
  policy: '/etc/bigeye/policy.json',
  owner: '',
  'audit-log': '',
};
const variableOf = (setting: string) => `BIGEYE_GUARD_${setting.toUpperCase().replace('-', '_')}`;
const VARIABLES = Object.keys(SETTINGS).map(variableOf);
// Settings of the stock proxy that have no meaning here: silently ignoring one would leave its author in error.
const FOREIGN = ['SOCKET_PATH', 'BIND_CONFIG', 'LISTEN_ADDRESS', 'ALLOW_RESTART'];

/** Reads command line and environment (the command line wins). Throws a ConfigError. */
export function readConfig(argv: string[], env: NodeJS.ProcessEnv = process.env): Config {
  const faults: string[] = [];
  const given = readArguments(argv, faults);
  const setting = (name: keyof typeof SETTINGS) => given[name] || env[variableOf(name)] || SETTINGS[name];

  faults.push(...flagFaults(env, Object.keys(given).length > 0));
  const listen = readListen(setting('listen'), faults);
  const dockerSocket = setting('docker-socket');
  if (!dockerSocket.startsWith('/'))
    faults.push('BIGEYE_GUARD_DOCKER_SOCKET must be an absolute path, as "/var/run/docker.sock".');
  if ('path' in listen && listen.path === dockerSocket)
    faults.push('BIGEYE_GUARD_LISTEN is the Docker socket itself. Give the guard a path of its own.');
  const owner = setting('owner');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$/.test(owner))
    faults.push('BIGEYE_GUARD_OWNER must be 1 to 256 letters, digits, ".", "_" or "-". Set it to the id of this host.');
  const policy = loadPolicy(setting('policy'), faults);
  if (policy === undefined || faults.length > 0) throw new ConfigError(faults.join('\n'));
  const auditLog = setting('audit-log') || undefined;
  return { listen, dockerSocket, owner, auditLog, policy, fingerprint: policyFingerprint(policy, owner) };
}

function readArguments(argv: string[], faults: string[]): Record<string, string | undefined> {
  const options = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, { type: 'string' } as const]));
  try {
    return parseArgs({ args: argv, options }).values;
  } catch (cause) {
    faults.push(`the command line does not fit: ${(cause as Error).message}`);
    return {};
  }
}

function readListen(text: string, faults: string[]): ListenAddress {
  if (text.startsWith('/')) return { path: text };
  const [, name, ipv6, digits] = /^(?:([A-Za-z0-9.-]+)|\[([0-9a-fA-F:.]+)\]):(\d{1,5})$/.exec(text) ?? [];
  if (digits === undefined || Number(digits) > 65_535)
    faults.push(`BIGEYE_GUARD_LISTEN is "${text}". Give an absolute path of a unix socket or host:port.`);
  return { host: name ?? ipv6 ?? '', port: Number(digits) };
}

function flagFaults(env: NodeJS.ProcessEnv, isByCommandLine: boolean): string[] {
  const missing = FLAGS_ON.filter((flag) => env[flag] === undefined && !isByCommandLine);
  const faults = missing.map((flag) => `${flag} is not set. It is part of the documented set: set ${flag}=1.`);
  for (const [name, value] of Object.entries(env)) {
    if (FLAGS_ON.includes(name) && value !== '1')
      faults.push(`${name} is "${value}". It is part of the documented set: set ${name}=1.`);
    else if (FOREIGN.includes(name))
      faults.push(`${name} is no setting of this guard. Remove it; known are ${VARIABLES}.`);
    else if ((FLAGS_OFF.includes(name) || name.startsWith('ALLOW_')) && value !== '0' && value !== '')
      faults.push(`${name} is "${value}". This section is closed for good: set ${name}=0 or remove it.`);
    else if (name.startsWith('BIGEYE_GUARD_') && !VARIABLES.includes(name))
      faults.push(`${name} is unknown. Remove it or correct its spelling; known are ${VARIABLES}.`);
  }
  return faults;
}

function loadPolicy(path: string, faults: string[]): Policy | undefined {
  try {
    return readPolicy(readFileSync(path));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code
      ? `the file "${path}" cannot be read (${code}). Mount the file the CLI wrote.`
      : `${message} ${HINT}`;
    faults.push(`BIGEYE_GUARD_POLICY: ${why}`);
    return undefined;
  }
}
