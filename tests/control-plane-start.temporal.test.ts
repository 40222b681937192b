import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@bigeye/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SpawnedControlPlane, type SpawnOptions, spawnControlPlane } from './support/spawned-control-plane.ts';

let folder: string;
let running: SpawnedControlPlane | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'control-plane-start-'));
});
afterEach(async () => {
  await running?.end();
  rmSync(folder, { recursive: true, force: true });
});

async function start(dataDir: string, options: Omit<SpawnOptions, 'dataDir'> = {}): Promise<SpawnedControlPlane> {
  running = await spawnControlPlane({ dataDir, ...options });
  await running.settled();
  return running;
}

const everythingIn = (path: string): string[] => [
  path,
  ...readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name)),
];
const openToOthers = (path: string) => everythingIn(path).filter((one) => statSync(one).mode & 0o077);

test('nothing in a data folder that was made by hand is open to other users, at the first start and the next', async () => {
  const data = join(folder, 'data');
  mkdirSync(data);
  chmodSync(data, 0o755);
  const first = await start(data);
  expect(first.output()).toContain('data folder was open to other users and is no longer');
  expect(everythingIn(data).length).toBeGreaterThan(500);
  expect(openToOthers(data)).toEqual([]);
  await first.end();
  expect(openToOthers(data)).toEqual([]);
  await start(data);
  expect(openToOthers(data)).toEqual([]);
});

test("the first admin's key is in no log: it is in a file for its own user, and ends unless it is kept", async () => {
  const data = join(folder, 'data');
  const { output, apiUrl } = await start(data);
  const told = output();
  const file = join(data, 'first-admin.txt');
  const key = /bigeye_pak_[a-z0-9]{50}/.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(told).toContain(file);
  expect(told).not.toContain('bigeye_pak_');
  expect(told).not.toContain('set-password');
  const headers = { authorization: `apikey ${key}` };
  const keys = async () => {
    const reply = await fetch(`${apiUrl}/api/v1/personal-api-keys`, { headers });
    return ((await reply.json()) as { items: { id: string; expiresAt: string | null }[] }).items;
  };
  const [first] = await keys();
  const left = Date.parse(first?.expiresAt ?? '') - Date.now();
  expect(left).toBeGreaterThan(71 * 3_600_000);
  expect(left).toBeLessThan(72 * 3_600_000);
  const kept = await fetch(`${apiUrl}/api/v1/personal-api-keys/${first?.id}/keep`, { method: 'POST', headers });
  expect(kept.status).toBe(204);
  expect(await keys()).toMatchObject([{ expiresAt: null }]);
});

test('on a folder that everybody can write it does not start, and says what to do', async () => {
  const data = join(folder, 'data');
  mkdirSync(data);
  chmodSync(data, 0o777);
  const { output, over } = await start(data);
  expect(await over).toBe(3);
  expect(output()).toContain('error DATA_DIR_UNSAFE');
  expect(output()).toContain(`chmod 700 ${data}`);
  expect(readdirSync(data)).toEqual([]);
});

const isRoot = process.getuid?.() === 0;
test.runIf(isRoot)('it runs as an ordinary user, with a database of its own', async () => {
  const data = dataOf(65_534);
  // The Temporal CLI looks for its settings there.
  const { output, readiness } = await start(data, { uid: 65_534, settings: { HOME: data } });
  expect(await readiness(), output()).toMatchObject({ status: 'ready' });
  expect(statSync(join(data, 'database')).uid).toBe(65_534);
});

test.runIf(isRoot)('it runs as a user without a name, which PostgreSQL alone would refuse', async () => {
  const [port] = await freePorts(1);
  // The Temporal CLI refuses such a user too.
  const settings = { TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  running = await spawnControlPlane({ dataDir: dataOf(54_321), uid: 54_321, settings });
  await running.said('Temporal does not answer yet');
  await expect.poll(running.readiness).toMatchObject({ database: true });
});

function dataOf(uid: number): string {
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  chownSync(data, uid, uid);
  return data;
}

test.runIf(isRoot)("as root the files of the database are root's, and no other user can enter", async () => {
  const data = join(folder, 'data');
  const { output, readiness } = await start(data);
  expect(await readiness(), output()).toMatchObject({ status: 'ready' });
  expect(statSync(join(data, 'database')).uid).toBe(0);
  expect(openToOthers(data)).toEqual([]);
});

test.runIf(isRoot)('where root may make no user namespace it does not start, and says what to do', async () => {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  const { output, over } = await start(join(folder, 'data'), { settings: { PATH: programs } });
  expect(await over).toBe(3);
  expect(output()).toContain('error POSTGRES_USER_REFUSED');
  expect(output()).toContain('DATABASE_URL');
});

test('in a folder whose path is too long for a socket it starts all the same', async () => {
  const data = join(folder, 'a'.repeat(60), 'b'.repeat(60));
  const { output, readiness } = await start(data);
  expect(await readiness(), output()).toMatchObject({ status: 'ready' });
});

test('data that an unreleased version left are not passed over', async () => {
  const data = join(folder, 'data');
  mkdirSync(join(data, 'postgres'), { recursive: true, mode: 0o700 });
  chmodSync(data, 0o700);
  const { output, over } = await start(data);
  expect(await over).toBe(3);
  expect(output()).toContain('error PGLITE_DATA_FOUND');
  expect(output()).toContain(`mv '${join(data, 'postgres')}'`);
});

test('data of another major version are refused, with what would read them', async () => {
  const data = join(folder, 'data');
  mkdirSync(join(data, 'database'), { recursive: true, mode: 0o700 });
  chmodSync(data, 0o700);
  writeFileSync(join(data, 'database/PG_VERSION'), '11\n', { mode: 0o600 });
  const { output, over } = await start(data);
  expect(await over).toBe(3);
  expect(output()).toContain('error POSTGRES_VERSION_DIFFERS');
  expect(output()).toContain('Install PostgreSQL 11');
});

test('what a database says that does not come up is told', async () => {
  const data = join(folder, 'data');
  const first = await start(data);
  await first.end();
  rmSync(join(data, 'database/global/pg_control'));
  const { output, over } = await start(data);
  expect(await over).toBe(3);
  expect(output()).toContain('error POSTGRES_FAILED');
  expect(output()).toContain('pg_control');
});
