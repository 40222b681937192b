import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { forgetful, freePorts, startTestPostgres, type TestPostgres } from '@bigeye/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type SpawnedControlPlane,
  type SpawnOptions,
  spawnControlPlane,
  untilGone,
} from './support/spawned-control-plane.ts';
import { startTestTemporal } from './support/test-temporal.ts';

/** What belongs together: one process, its folder, its database and its servers. Whatever does not fit stops the start and says what to do. */

let folder: string;
let data: string;
let server: TestPostgres;
let spawned: SpawnedControlPlane[] = [];
let databases = 0;

beforeAll(async () => {
  server = await startTestPostgres(forgetful);
});
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'control-plane-bound-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  for (const one of spawned) await one.end();
  spawned = [];
  rmSync(folder, { recursive: true, force: true });
});

async function spawnOne(options: Partial<SpawnOptions> = {}): Promise<SpawnedControlPlane> {
  const one = await spawnControlPlane({ dataDir: data, ...options });
  spawned.push(one);
  return one;
}

async function start(options: Partial<SpawnOptions> = {}): Promise<SpawnedControlPlane> {
  const one = await spawnOne(options);
  await one.settled();
  return one;
}

async function query(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

async function createDatabase(): Promise<string> {
  const name = `bound_${++databases}`;
  await query(server.url, `create database ${name}`);
  return server.url.replace(/postgres$/, name);
}

const pidIn = (file: string) => Number.parseInt(readFileSync(join(data, file), 'utf8'), 10);
const childrenPids = () => ['database/postmaster.pid', 'temporal.pid'].map(pidIn);

test('a second control plane on the folder stops and names the first, which does not notice', async () => {
  const first = await start();
  const second = await start({ settings: { DATABASE_URL: await createDatabase() } });
  expect(await second.over).toBe(3);
  expect(second.output()).toContain('error DATA_DIR_IN_USE');
  expect(second.output()).toContain(`process ${first.pid}, since 20`);
  expect(second.output()).toContain(`kill ${first.pid}`);
  expect(await first.readiness()).toMatchObject({ status: 'ready' });
});

test('what is killed takes its servers along, and the next start goes on where it was', async () => {
  const first = await start();
  const children = childrenPids();
  const key = readFileSync(join(data, 'first-admin.txt'), 'utf8');
  await first.end('SIGKILL');
  for (const pid of children) await untilGone(pid);
  const next = await start();
  expect(await next.readiness(), next.output()).toMatchObject({ status: 'ready' });
  const authorization = `apikey ${/bigeye_pak_[a-z0-9]+/.exec(key)?.[0]}`;
  const reply = await fetch(`${next.apiUrl}/api/v1/personal-api-keys`, { headers: { authorization } });
  expect(reply.status).toBe(200);
});

test('where the kernel does not end them with it, the next start ends what was left behind', async () => {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  for (const name of ['sh', 'true', 'unshare']) symlinkSync(`/usr/bin/${name}`, join(programs, name));
  const first = await start({ settings: { PATH: programs } });
  const children = childrenPids();
  await first.end('SIGKILL');
  for (const pid of children) expect(process.kill(pid, 0)).toBe(true);
  const next = await start();
  expect(next.output()).toContain('ended a PostgreSQL server that an earlier control plane left behind');
  expect(next.output()).toContain('ended a Temporal server that an earlier control plane left behind');
  expect(await next.readiness()).toMatchObject({ status: 'ready' });
  for (const pid of children) await untilGone(pid);
});

test('a database that another installation uses is refused, and no keys are made for it', async () => {
  const DATABASE_URL = await createDatabase();
  const first = await start({ settings: { DATABASE_URL } });
  await first.end();
  const fresh = join(folder, 'fresh');
  const second = await start({ dataDir: fresh, settings: { DATABASE_URL } });
  expect(await second.over).toBe(3);
  expect(second.output()).toContain('error INSTALLATION_DIFFERS');
  expect(second.output()).toContain('the folder has no keys');
  expect(existsSync(join(fresh, 'keys'))).toBe(false);

  const other = join(folder, 'other');
  await (await start({ dataDir: other, settings: { DATABASE_URL: await createDatabase() } })).end();
  const third = await start({ dataDir: other, settings: { DATABASE_URL } });
  expect(await third.over).toBe(3);
  expect(third.output()).toContain('error INSTALLATION_DIFFERS');
  expect(third.output()).toMatch(/its CA has the fingerprint [0-9a-f]+ and the database expects [0-9a-f]+/);
});

test('an empty database in the place of the own one is told, and can be begun anew', async () => {
  await (await start({ settings: { DATABASE_URL: await createDatabase() } })).end();
  const DATABASE_URL = await createDatabase();
  const second = await start({ settings: { DATABASE_URL } });
  expect(await second.over).toBe(3);
  expect(second.output()).toContain('error DATABASE_EMPTY');
  const removed = [...second.output().matchAll(/rm (?:-r )?'([^']+)'/g)].map(([, path = '']) => path);
  expect(removed).toHaveLength(2);
  for (const path of removed) rmSync(path, { recursive: true });
  expect(await (await start({ settings: { DATABASE_URL } })).readiness()).toMatchObject({ status: 'ready' });
});

test('a database that a newer version has changed is left alone', async () => {
  const DATABASE_URL = await createDatabase();
  await (await start({ settings: { DATABASE_URL } })).end();
  await query(DATABASE_URL, `insert into kysely_migration values ('0999-of-tomorrow', now()::text)`);
  const older = await start({ settings: { DATABASE_URL } });
  expect(await older.over).toBe(3);
  expect(older.output()).toContain('error DATABASE_NEWER');
  expect(older.output()).toContain('0999-of-tomorrow');
});

test('a database that refuses us stops the start, without its password in any line', async () => {
  const DATABASE_URL = (await createDatabase()).replace('test@', 'nobody:geheim@');
  const one = await start({ settings: { DATABASE_URL } });
  expect(await one.over).toBe(3);
  expect(one.output()).toContain('error DATABASE_REFUSED');
  expect(one.output()).not.toContain('geheim');
});

test('somebody on the port of the embedded Temporal stops the start, and nothing is said to them', async () => {
  const [port = 0] = await freePorts(1);
  let callers = 0;
  const taken = await listenOn(port, () => callers++);
  const one = await start({ settings: { TEMPORAL_PORT: String(port) } });
  taken.close();
  expect(await one.over).toBe(3);
  expect(one.output()).toContain('error TEMPORAL_PORT_TAKEN');
  expect(one.output()).toContain('TEMPORAL_PORT');
  expect(callers).toBe(0);
});

function listenOn(port: number, onCaller: () => void): Promise<Server> {
  return new Promise((resolve) => {
    const listener = createServer((socket) => {
      onCaller();
      socket.destroy();
    });
    listener.listen(port, '127.0.0.1', () => resolve(listener));
  });
}

test.each(['lock-holder.json', 'database.unfinished', 'database/postmaster.pid', 'keys', 'temporal.pid'])(
  'a SIGTERM when %s is just there ends the start in order, and the next one succeeds',
  async (file) => {
    const one = await spawnOne();
    await expect.poll(() => existsSync(join(data, file)), { interval: 2, timeout: 60_000 }).toBe(true);
    expect(await one.end(), one.output()).toBe(0);
    const left = ['database/postmaster.pid', 'temporal.pid', 'lock-holder.json'];
    expect(left.filter((name) => existsSync(join(data, name)))).toEqual([]);
    expect(await (await start()).readiness()).toMatchObject({ status: 'ready' });
  },
);

test('a SIGTERM at the very beginning, and one while it waits for its database, end it in order', async () => {
  const early = await spawnOne();
  await expect.poll(() => hasBegun(early.pid), { interval: 2, timeout: 60_000 }).toBe(true);
  expect(await early.end(), early.output()).toBe(0);
  const [port] = await freePorts(1);
  const waiting = await spawnOne({ settings: { DATABASE_URL: `postgresql://test@127.0.0.1:${port}/x` } });
  await waiting.said('database does not answer yet');
  expect(await waiting.end(), waiting.output()).toBe(0);
});

/** Whether the program has begun: its umask is not the shell's any more. What Node does before is not ours. */
function hasBegun(pid: number): boolean {
  return readFileSync(`/proc/${pid}/status`, 'utf8').includes('Umask:\t0077');
}

test('while Temporal is away it serves and says so, and a SIGTERM ends it in order', async () => {
  const [port] = await freePorts(1);
  const one = await spawnOne({ settings: { TEMPORAL_ADDRESS: `127.0.0.1:${port}` } });
  await one.said('Temporal does not answer yet');
  await expect.poll(one.readiness).toMatchObject({ status: 'not ready', database: true, temporal: false });
  expect((await fetch(`${one.apiUrl}/healthz`)).status).toBe(200);
  expect(await one.end(), one.output()).toBe(0);
});

test('a SIGTERM ends it in order when Temporal has gone meanwhile', async () => {
  const one = await start();
  process.kill(pidIn('temporal.pid'), 'SIGKILL');
  expect(await one.end(), one.output()).toBe(0);
});

test('a SIGTERM ends it in order also when Temporal has gone for good', async () => {
  const temporal = await startTestTemporal();
  const one = await start({ settings: { TEMPORAL_ADDRESS: temporal.address } });
  await one.said('workflow worker polls');
  await temporal[Symbol.asyncDispose]();
  await expect.poll(one.readiness).toMatchObject({ temporal: false });
  // Its worker would go on asking for minutes.
  const patience = delay(40_000, 'still there', { ref: false });
  expect(await Promise.race([one.end(), patience]), one.output()).toBe(0);
});
