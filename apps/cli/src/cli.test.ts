import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HostId } from '@bigeye/contracts';
import {
  ensureAccountKeys,
  hostFilesOf,
  hostHomeAt,
  planGuardPolicy,
  recordGuard,
  renderComposeFile,
  runSlotsOf,
} from '@bigeye/host-kit';
import { certificateFingerprint } from '@bigeye/service-kit';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { buildExecutable } from '../../../script/lib/bundles.ts';

const node = path.dirname(process.execPath);
const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => void server.close()));

const newFolder = () => mkdtempSync(path.join(tmpdir(), 'cli-'));
const built = newFolder();
const executable = path.join(built, 'bigeye-agent');
beforeAll(() => buildExecutable(built));

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The executable that operators get, as a process of its own, without a terminal. `PATH` holds only `tools` and Node. */
function run(args: string[], { tools = newFolder(), env = {} }: { tools?: string; env?: Record<string, string> } = {}) {
  return new Promise<Outcome>((resolve) => {
    const child = spawn(executable, args, {
      env: { PATH: `${tools}:${node}`, HOME: tools, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const outcome: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (outcome.stdout += chunk));
    child.stderr.on('data', (chunk) => (outcome.stderr += chunk));
    child.on('close', (code) => resolve({ ...outcome, code }));
  });
}

/** A `docker` that answers what the real one answers, by its first words. */
function toolsWith(answers: Record<string, string>): string {
  const folder = newFolder();
  const cases = Object.entries(answers).map(([words, script]) => `"${words}"*) ${script} ;;`);
  const script = `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\n*) echo "unexpected: $*" >&2; exit 99 ;;\nesac\n`;
  writeFileSync(path.join(folder, 'docker'), script);
  chmodSync(path.join(folder, 'docker'), 0o755);
  return folder;
}

const goodDocker = {
  '--version': 'echo "Docker version 26.1.5+dfsg1"',
  'compose version': 'echo "Docker Compose version 2.26.1-4"',
  'context inspect': 'echo unix:///var/run/docker.sock',
  'version --format': 'echo 26.1.5+dfsg1',
};
const cannotConnect =
  'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?" >&2; exit 1';
const denied =
  'echo "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock" >&2; exit 1';

interface ControlPlaneAnswers {
  role?: string;
  personalKey?: boolean;
  agentKey?: boolean;
  hosts?: string[];
  publicKey?: string;
  caCertificate?: string;
  /** What the registration key is for; null: it is not known. */
  registration?: { hostId: string; accountPublicKey?: string; otherHost?: string } | null;
}

/** Stands where the control plane would; what changes anything there fails the test by its answer. */
async function controlPlane({
  role = 'admin',
  personalKey = true,
  agentKey = true,
  hosts = [],
  publicKey,
  caCertificate,
  registration = null,
}: ControlPlaneAnswers) {
  const seen: string[] = [];
  const withKey: string[] = [];
  const refusal = (errorCode: string) => ({
    code: 400,
    message: '',
    errorCode,
    remedy: '',
    details: {},
    requestId: 'x',
  });
  const now = new Date().toISOString();
  const identity = { id: `usr_${'0'.repeat(20)}`, email: 'a@b.example', name: 'A', role };
  const user = { ...identity, createdAt: now, disabledAt: null, hasPassword: false, usesSingleSignOn: false };
  const host = (id: string) => ({
    id,
    state: 'online',
    registeredAt: now,
    lastSeenAt: now,
    orchestratorVersion: null,
    engineReachable: null,
    diskFreeBytes: null,
    certificateExpiresAt: null,
    certificateFingerprint: null,
    managedAgents: [],
    runningRuns: 0,
    queuedRuns: 0,
  });
  const drained = (id: string, state: string) => ({
    ...host(id),
    slots: { count: 4, taken: state === 'drained' ? 0 : 2 },
    drain: { since: now, by: 'ann@b.example', note: 'kernel update', state },
  });
  const none = { count: 0, first: [] };
  const states = { registered: 0, online: hosts.length, offline: 0, revoked: 0 };
  /** By id, the place of the next one as the cursor. */
  const pageOf = (query: URLSearchParams) => {
    const one = query.get('hostId');
    if (one !== null) return { items: hosts.filter((id) => id === one).map(host), nextCursor: null };
    const begin = Number(query.get('cursor') ?? 0);
    const end = begin + Number(query.get('limit') ?? 50);
    return { items: hosts.slice(begin, end).map(host), nextCursor: end < hosts.length ? String(end) : null };
  };
  const answers: Record<string, (query: URLSearchParams) => [number, unknown]> = {
    'GET /api/v1/session': () => (personalKey ? [200, { user }] : [401, refusal('UNAUTHENTICATED')]),
    'GET /api/v1/agent-api-keys/verify': () => (agentKey ? [204, undefined] : [401, refusal('UNAUTHENTICATED')]),
    'GET /api/v1/agent-orchestrator/host-summary': () => [200, { states, unable: none, lowOnDisk: none }],
    'GET /api/v1/agent-orchestrator/hosts': (query) => [200, pageOf(query)],
    'POST /api/v1/agent-orchestrator/hosts/etl-01/drain': () => [200, drained('etl-01', 'draining')],
    'GET /api/v1/agent-orchestrator/hosts/etl-01': () => [200, drained('etl-01', 'drained')],
    'POST /api/v1/agent-orchestrator/hosts/etl-01/resume': () => [200, host('etl-01')],
    'GET /api/v1/agent/public-key': () => (publicKey ? [200, { publicKey }] : [404, refusal('PUBLIC_KEY_NOT_FOUND')]),
    'GET /api/v1/agent-orchestrator/registration': () => {
      if (!registration) return [401, refusal('UNAUTHENTICATED')];
      const { hostId, accountPublicKey = null, otherHost } = registration;
      const other = otherHost === undefined ? null : { id: otherHost, state: 'online' };
      return [200, { hostId, expiresAt: now, accountPublicKey, otherHost: other }];
    },
    ...(caCertificate && { 'GET /api/v1/agent-orchestrator/ca-certificate': () => [200, { caCertificate }] }),
  };
  const server = createServer((request, response) => {
    const call = `${request.method} ${request.url}`;
    seen.push(call);
    if (request.headers.authorization !== undefined || request.headers.cookie !== undefined) withKey.push(call);
    const { pathname, searchParams } = new URL(call.slice(call.indexOf('/')), 'http://control-plane');
    const answer = answers[`${request.method} ${pathname}`]?.(searchParams);
    const [status, body] = answer ?? [500, refusal('INTERNAL')];
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(body === undefined ? '' : JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, withKey };
}

const registerArgs = (home: string, apiUrl: string, hostId = 'etl-01') => [
  ...['--home', home, 'register', '--host-id', hostId, '--skip-proxy'],
  ...['--api-url', apiUrl, '--personal-api-key', 'bigeye_pak_x', '--agent-api-key', 'bigeye_agent_x'],
];

test.each<[string, string[], RegExp]>([
  ['a command that is not there', ['foo'], /^error USAGE: unknown command 'foo'/],
  ['an option that is not there', ['install', '--foo'], /^error USAGE: unknown option '--foo'/],
  ['no host id and nobody to ask', ['register'], /^error USAGE: --host-id is needed/],
  ['an invalid host id', ['register', '--host-id', 'a b'], /^error HOST_ID_INVALID: "a b"/],
  ['a host id that is too long', ['register', '--host-id', 'x'.repeat(257)], /^error HOST_ID_INVALID/],
  ['no agent and nobody to ask', ['install'], /^error USAGE: --agent is needed/],
  ['an agent that is not there', ['install', '--agent', 'X'], /^error USAGE: --agent: "X" is none of LINEAGE_PLUS\./],
  [
    'a persistent agent',
    ['install', '--agent', 'SDS'],
    /^error USAGE: --agent: "SDS" .* runs without the orchestrator/,
  ],
  [
    'an agent without an image',
    ['install', '--agent', 'DATAHEALTH'],
    /"DATAHEALTH" \(DataHealth\) has no image in this/,
  ],
  [
    'two connectors at once',
    ['add-connector', '-c', 'postgres', 'postgre'],
    /^error USAGE: --connector: "postgre" is not/,
  ],
  ['a connector that is not there', ['add-connector', '-c', 'oracle'], /^error USAGE: --connector: "oracle"/],
  ['a connection without a name', ['add-connector', '-c', 'postgres'], /^error USAGE: --name is needed/],
  ['a service that is not there', ['compose', 'logs', '-s', 'x'], /^error USAGE: --service: "x"/],
  ['an audit log of nobody', ['audit', 'list'], /^error USAGE: --api-url is needed/],
  ['a state that no host has', ['hosts', 'list', '--state', 'asleep'], /^error USAGE: .*asleep/],
  ['a time that is none', ['audit', 'list', '--since', 'noon'], /^error USAGE: --since: "noon"/],
  ['an export that is not there', ['audit', 'verify', '--file', '/none'], /^error USAGE: --file: \/none/],
])('%s is wrong usage, with what to do', async (_, args, message) => {
  const home = newFolder();
  const { code, stderr } = await run(['--home', home, ...args]);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/\n→ .+/);
  expect(code).toBe(2);
  expect(readdirSync(home)).toEqual([]);
});

test.each<[string, string, Record<string, string> | undefined]>([
  ['DOCKER_CLI_MISSING', 'no docker at all', undefined],
  [
    'COMPOSE_V2_MISSING',
    'no Compose plugin',
    { 'compose version': 'echo "docker: unknown command: docker compose" >&2; exit 1' },
  ],
  ['COMPOSE_V2_MISSING', 'Compose V1', { 'compose version': 'echo "docker-compose version 1.29.2"' }],
  ['DOCKER_ACCESS_DENIED', 'no right to use the socket', { 'version --format': denied }],
  ['DOCKER_NOT_RUNNING', 'no engine behind the socket', { 'version --format': cannotConnect }],
  ['DOCKER_ENDPOINT_UNSUPPORTED', 'an engine on another machine', { 'context inspect': 'echo tcp://10.0.0.1:2376' }],
])('register stops with %s on a machine with %s, before anything is changed', async (error, _, answers) => {
  const home = newFolder();
  const { url, seen } = await controlPlane({});
  const tools = answers ? toolsWith({ ...answers, ...goodDocker, ...answers }) : newFolder();
  const { code, stderr } = await run(registerArgs(home, url), { tools });
  expect(stderr).toMatch(new RegExp(`^error ${error}: `, 'm'));
  expect(code).toBe(3);
  expect(readdirSync(home)).toEqual([]);
  expect(seen).toEqual([]);
});

test.each<[string, string, ControlPlaneAnswers]>([
  ['PERSONAL_KEY_REFUSED', 'a personal key that is not good', { personalKey: false }],
  ['PERSONAL_KEY_NOT_ADMIN', "a member's key", { role: 'member' }],
  ['AGENT_KEY_REFUSED', 'an agent key that is not good', { agentKey: false }],
  ['HOST_ID_TAKEN', 'a host id that another machine has', { hosts: ['etl-01'] }],
  ['AGENT_CONFIG_MISSING', 'other hosts registered and no agent_config/ here', { hosts: ['etl-00'] }],
])('register stops with %s given %s, before anything is changed', async (error, _, answers) => {
  const home = newFolder();
  const { url, seen } = await controlPlane(answers);
  const { code, stderr } = await run(registerArgs(home, url), { tools: toolsWith(goodDocker) });
  expect(stderr).toMatch(new RegExp(`^error ${error}: `, 'm'));
  expect(code).toBe(3);
  expect(readdirSync(home)).toEqual([]);
  expect(seen.filter((call) => !call.startsWith('GET '))).toEqual([]);
});

test('of thousands of other hosts a few are named, and the rest is counted', async () => {
  const hosts = Array.from({ length: 2000 }, (_, n) => `etl-${n + 100}`);
  const { url, seen } = await controlPlane({ hosts });
  const { stderr } = await run(registerArgs(newFolder(), url), { tools: toolsWith(goodDocker) });
  expect(stderr).toContain('Other hosts are registered (etl-100, etl-101, etl-102 and 1,997 more)');
  expect(seen.filter((call) => call.includes('/hosts?'))).toHaveLength(2);
});

test.each([
  { args: [], shown: 50, isMore: true },
  { args: ['--limit', '450'], shown: 450, isMore: true },
  { args: ['--limit', '3000'], shown: 2000, isMore: false },
])('hosts list $args shows $shown of 2,000 hosts, and says whether there are more', async ({ args, shown, isMore }) => {
  const { url } = await controlPlane({ hosts: Array.from({ length: 2000 }, (_, n) => `etl-${n}`) });
  const list = ['hosts', 'list', '--api-url', url, '--personal-api-key', 'bigeye_pak_x', ...args];
  const { stdout } = await run(list);
  expect(stdout.match(/^etl-\d+ {2}online/gm)).toHaveLength(shown);
  expect(stdout.includes('There are more')).toBe(isMore);
  const data = JSON.parse((await run([...list, '--json'])).stdout) as { hosts: { id: string }[]; isMore: boolean };
  expect(new Set(data.hosts.map(({ id }) => id)).size).toBe(shown);
  expect(data.isMore).toBe(isMore);
});

test('hosts drain says how many runs go on, with --wait when none does, and hosts resume ends it', async () => {
  const { url, seen } = await controlPlane({});
  const hosts = (...args: string[]) =>
    run(['hosts', ...args, '--api-url', url, '--personal-api-key', 'bigeye_pak_x']).then(({ stdout, stderr }) => ({
      stdout,
      stderr,
    }));
  expect((await hosts('drain', 'etl-01')).stderr).toMatch(/^error USAGE: required option '--note <text>'/);
  expect((await hosts('drain', 'a b', '--note', 'x')).stderr).toMatch(/^error HOST_ID_INVALID/);
  expect(seen).toEqual([]);
  expect((await hosts('drain', 'etl-01', '--note', 'x')).stdout).toMatch(/^etl-01: draining, 2 runs go on\.$/m);
  const waited = await hosts('drain', 'etl-01', '--note', 'x', '--wait');
  expect(waited.stderr).toContain('nothing runs on etl-01');
  expect(waited.stdout).toBe('etl-01: drained, nothing runs here.\n');
  expect((await hosts('resume', 'etl-01')).stdout).toMatch(/^etl-01 takes runs again/);
  // Five processes, one after the other.
}, 60_000);

test('register stops where the key in agent_config/ is not the key of the account', async () => {
  const [mine, theirs] = [hostHomeAt(newFolder()), hostHomeAt(newFolder())];
  await ensureAccountKeys(mine);
  const publicKey = await ensureAccountKeys(theirs);
  const { url } = await controlPlane({ hosts: ['etl-00'], publicKey });
  const { code, stderr } = await run(registerArgs(mine.folder, url), { tools: toolsWith(goodDocker) });
  expect(stderr).toMatch(/^error ACCOUNT_KEY_MISMATCH: /m);
  expect(code).toBe(3);
});

test("another host's identity that came with a copied agent_config/ does not open its id", async () => {
  const home = hostHomeAt(newFolder());
  const publicKey = await ensureAccountKeys(home);
  const copied = path.join(home.agentConfig, 'hosts', 'etl-00');
  mkdirSync(copied, { recursive: true });
  for (const file of ['host_key.pem', 'host_certificate.pem', 'ca_certificate.pem'])
    writeFileSync(path.join(copied, file), 'x');
  const { url } = await controlPlane({ hosts: ['etl-00'], publicKey });
  const { stderr } = await run(registerArgs(home.folder, url, 'etl-00'), { tools: toolsWith(goodDocker) });
  expect(stderr).toMatch(/^error HOST_ID_TAKEN: /m);
});

test('register stops in a folder that is registered under another id', async () => {
  const home = newFolder();
  writeFileSync(path.join(home, 'bigeye_agent.yml'), 'orchestrator: {host_id: other}\n');
  const { code, stderr } = await run(registerArgs(home, 'http://127.0.0.1:1'), { tools: toolsWith(goodDocker) });
  expect(stderr).toMatch(/^error HOST_ALREADY_REGISTERED: .*"other"/m);
  expect(code).toBe(3);
});

const byKeyArgs = (home: string, apiUrl: string) => [
  ...['--home', home, 'register', '--host-id', 'etl-01', '--skip-proxy', '--api-url', apiUrl],
];
const registrationKey = 'bigeye_reg_x';

test.each<[string, string, ControlPlaneAnswers, RegExp]>([
  ['REGISTRATION_KEY_REFUSED', 'a key that nobody knows', {}, /does not know it/],
  ['REGISTRATION_KEY_REFUSED', "another host's key", { registration: { hostId: 'etl-02' } }, /made for "etl-02"/],
  ['AGENT_KEY_REFUSED', 'an agent key that is not good', { registration: { hostId: 'etl-01' }, agentKey: false }, /./],
  [
    'AGENT_CONFIG_MISSING',
    'other hosts registered and no agent_config/ here',
    { registration: { hostId: 'etl-01', accountPublicKey: 'some', otherHost: 'etl-00' } },
    /agent_config\/ from etl-00/,
  ],
  [
    'ACCOUNT_KEY_MISMATCH',
    'a host to replace whose agent_config/ is lost',
    { registration: { hostId: 'etl-01', accountPublicKey: 'some' } },
    /revoke them all/,
  ],
])('register by key stops with %s given %s, before anything is changed', async (error, _, answers, told) => {
  const home = newFolder();
  const { url, seen } = await controlPlane(answers);
  const env = {
    BIGEYE_REGISTRATION_KEY: registrationKey,
    ...(answers.agentKey === false ? { BIGEYE_AGENT_API_KEY: 'bigeye_agent_x' } : {}),
    // Of two keys the one that can do less goes out.
    BIGEYE_PERSONAL_API_KEY: 'bigeye_pak_x',
  };
  const { code, stderr } = await run(byKeyArgs(home, url), { tools: toolsWith(goodDocker), env });
  expect(stderr).toMatch(new RegExp(`^error ${error}: `, 'm'));
  expect(stderr).toMatch(told);
  expect(stderr).not.toContain(registrationKey);
  expect(code).toBe(3);
  expect(readdirSync(home)).toEqual([]);
  for (const call of seen) expect(call).toMatch(/^GET .*\/(registration|agent-api-keys\/verify)$/);
});

test('a registration key and a personal key at once are wrong usage, and neither is sent', async () => {
  const { url, seen } = await controlPlane({});
  const keys = ['--registration-key', registrationKey, '--personal-api-key', 'bigeye_pak_x'];
  const { code, stderr } = await run([...byKeyArgs(newFolder(), url), ...keys], { tools: toolsWith(goodDocker) });
  expect(stderr).toMatch(/^error USAGE: .*only one/m);
  expect(code).toBe(2);
  expect(seen).toEqual([]);
});

test('without any key register says which two it takes', async () => {
  const { url } = await controlPlane({});
  const { stderr } = await run(byKeyArgs(newFolder(), url), { tools: toolsWith(goodDocker) });
  expect(stderr).toMatch(/^error USAGE: --registration-key or --personal-api-key is needed/m);
});

/** The certificate of somebody's CA, and its fingerprint as the control plane would log it. */
function someCa(): { caCertificate: string; fingerprint: string } {
  const folder = newFolder();
  const files = ['-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'ca.pem'), '-subj', '/CN=ca'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', ...files],
    { stdio: 'ignore' },
  );
  const caCertificate = readFileSync(path.join(folder, 'ca.pem'), 'utf8');
  return { caCertificate, fingerprint: certificateFingerprint(caCertificate) };
}

test.each([
  ['has another CA', { caCertificate: someCa().caCertificate }, 'CA_FINGERPRINT_DIFFERS', 3],
  ['does not say which CA it has', {}, 'INTERNAL', 1],
])(
  'no key leaves this machine for a control plane that %s than --ca-fingerprint says',
  async (_, answers, error, exit) => {
    const home = newFolder();
    const { url, seen, withKey } = await controlPlane(answers);
    const args = [...registerArgs(home, url), '--ca-fingerprint', someCa().fingerprint];
    const { code, stderr } = await run(args, { tools: toolsWith(goodDocker) });
    expect(stderr).toMatch(new RegExp(`^error ${error}: `, 'm'));
    expect(code).toBe(exit);
    expect(seen).toEqual(['GET /api/v1/agent-orchestrator/ca-certificate']);
    expect(withKey).toEqual([]);
    expect(readdirSync(home)).toEqual([]);
  },
);

test.each([
  ['as the log says it', (hex: string) => hex],
  ['in capitals with colons', (hex: string) => hex.toUpperCase().match(/../g)?.join(':') ?? ''],
  ['with its algorithm', (hex: string) => `SHA256:${hex}`],
])('the right fingerprint, written %s, lets register go on', async (_, write) => {
  const { caCertificate, fingerprint } = someCa();
  const { url, withKey } = await controlPlane({ caCertificate, role: 'viewer' });
  const args = [...registerArgs(newFolder(), url), '--ca-fingerprint', write(fingerprint)];
  const { stderr } = await run(args, { tools: toolsWith(goodDocker) });
  expect(stderr).toMatch(/^error PERSONAL_KEY_NOT_ADMIN: /m);
  expect(withKey).toContain('GET /api/v1/session');
});

test('a control plane that does not answer may work later', async () => {
  const home = newFolder();
  const { code, stderr } = await run(registerArgs(home, 'http://127.0.0.1:1'), { tools: toolsWith(goodDocker) });
  expect(stderr).toMatch(/^error CONTROL_PLANE_UNREACHABLE: .*ECONNREFUSED/m);
  expect(code).toBe(4);
  expect(readdirSync(home)).toEqual([]);
});

test.each([[['sync']], [['compose', 'status']], [['compose', 'down']], [['serve']]])(
  '%j on a machine that is not registered says so',
  async (args) => {
    const { code, stderr } = await run(['--home', newFolder(), ...args], { tools: toolsWith(goodDocker) });
    expect(stderr).toMatch(/^error HOST_NOT_REGISTERED: /m);
    expect(code).toBe(3);
  },
);

test('serve refuses to start when the guard in the Compose file is not what the CLI wrote', async () => {
  const home = hostHomeAt(newFolder());
  const hostId = HostId.parse('etl-01');
  mkdirSync(hostFilesOf(home, hostId).folder, { recursive: true });
  const socket = { path: '/var/run/docker.sock', gid: 1 };
  const stack = { home, hostId, user: { uid: 1, gid: 1 }, slots: runSlotsOf(home, hostId, 1) };
  const compose = renderComposeFile({ ...stack, socket, policy: 'p', controlPlane: 'x' });
  writeFileSync(home.composeFile, compose);
  writeFileSync(home.guardPolicy, planGuardPolicy(stack).content);
  recordGuard(home, hostId);
  writeFileSync(home.composeFile, compose.replace('EXEC: "0"', 'EXEC: "1"'));
  const settings =
    'bigeye: {api_url: http://x.example, agent_api_key: k}\n' +
    'orchestrator: {host_id: etl-01, gateway_address: "x:1", host_api_url: https://x.example}\n';
  writeFileSync(home.agentFile, settings);
  const { code, stderr } = await run(['serve'], { env: { BIGEYE_HOME: home.folder } });
  expect(stderr).toMatch(/^error GUARD_TAMPERED: .*services\.docker-socket-proxy\.environment\.EXEC\./m);
  expect(code).toBe(3);
});

test('add-connector saves what the flags say, takes the password from a file, and refuses the name twice', async () => {
  const home = newFolder();
  const passwordFile = path.join(home, 'password');
  writeFileSync(passwordFile, 's3cret\n');
  const args = [
    ...[
      '--home',
      home,
      'add-connector',
      '-c',
      'postgres',
      '-sv',
      '--name',
      'shop',
      '--host',
      'db',
      '--database',
      'shop',
    ],
    ...['--username', 'reader', '--password-file', passwordFile, '--schemas', 'public, mart', '--json'],
  ];
  const added = await run(args);
  expect(JSON.parse(added.stdout)).toEqual({ connector: 'postgres', names: ['shop'] });
  const text = readFileSync(path.join(home, 'bigeye_agent.yml'), 'utf8');
  expect(text).toContain('password: s3cret\n');
  expect(text).toContain('port: 5432\n');
  const again = await run(args);
  expect(again.stderr).toMatch(/^error CONNECTION_EXISTS: /m);
  expect(again.code).toBe(3);
});

test('add-connector takes over a properties file, and checks that each source answers', async () => {
  const home = newFolder();
  const file = path.join(home, 'postgres.properties');
  const { url } = await controlPlane({});
  const numbered = (n: number, name: string, port: string) =>
    `environment.name.${n}=${name}\npostgres.host.${n}=127.0.0.1\npostgres.port.${n}=${port}\npostgres.database.${n}=d\n` +
    `postgres.username.${n}=u\npostgres.password.${n}=p\n`;
  writeFileSync(file, numbered(1, 'good', new URL(url).port) + numbered(2, 'dead', '1'));
  const args = ['--home', home, 'add-connector', '-c', 'postgres', '-fe', file];
  const checked = await run(args);
  expect(checked.stderr).toMatch(/^error CONNECTION_CHECK_FAILED: .*127\.0\.0\.1:1/m);
  expect(checked.code).toBe(3);
  expect(readdirSync(home)).toEqual(['postgres.properties']);
  expect((await run([...args, '-sv'])).stdout).toContain('good, dead');
});
