import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePorts, root, temporalCli } from './support/test-stack.ts';

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'control-plane-start-'));
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The control plane as its operator starts it, with the umask that most machines have. */
async function start(dataDir: string): Promise<{ output: string; apiUrl: string; exitCode: number | null }> {
  const [api, gateway, hostApi, temporal] = await freePorts(4);
  const bundle = join(root, 'dist/workflows.js');
  const settings = {
    DATA_DIR: dataDir,
    TEMPORAL_CLI: temporalCli,
    TEMPORAL_PORT: String(temporal),
    API_LISTEN: `127.0.0.1:${api}`,
    GATEWAY_LISTEN: `127.0.0.1:${gateway}`,
    HOST_API_LISTEN: `127.0.0.1:${hostApi}`,
    ...(existsSync(bundle) ? { WORKFLOW_BUNDLE: bundle } : {}),
  };
  const main = join(root, 'apps/control-plane/src/main.ts');
  const command = `umask 022; exec "${process.execPath}" "${main}"`;
  const started = spawn('sh', ['-c', command], { env: { ...process.env, ...settings } });
  child = started;
  const told = { output: '', apiUrl: `http://127.0.0.1:${api}`, exitCode: null as number | null };
  for (const stream of [started.stdout, started.stderr])
    stream.on('data', (data: Buffer) => {
      told.output += data.toString();
    });
  for (const deadline = Date.now() + 60_000; started.exitCode === null; await delay(100)) {
    if (Date.now() > deadline) throw new Error(`did not start:\n${told.output}`);
    if ((await fetch(`${told.apiUrl}/readyz`).catch(() => undefined))?.ok) break;
  }
  told.exitCode = started.exitCode;
  return told;
}

async function stop(): Promise<void> {
  if (!child || child.exitCode !== null) return;
  const over = new Promise((resolve) => child?.once('exit', resolve));
  child.kill('SIGTERM');
  await over;
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
  const { output } = await start(data);
  expect(output).toContain('data folder was open to other users and is no longer');
  expect(everythingIn(data).length).toBeGreaterThan(500);
  expect(openToOthers(data)).toEqual([]);
  await stop();
  expect(openToOthers(data)).toEqual([]);
  await start(data);
  expect(openToOthers(data)).toEqual([]);
});

test("the first admin's key is in no log: it is in a file for its own user, and ends unless it is kept", async () => {
  const data = join(folder, 'data');
  const { output, apiUrl } = await start(data);
  const file = join(data, 'first-admin.txt');
  const key = /bigeye_pak_[a-z0-9]{50}/.exec(readFileSync(file, 'utf8'))?.[0] ?? '';
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(output).toContain(file);
  expect(output).not.toContain('bigeye_pak_');
  expect(output).not.toContain('set-password');
  const headers = { authorization: `apikey ${key}` };
  const keys = async () => {
    const reply = await fetch(`${apiUrl}/api/v1/personal-api-keys`, { headers });
    return ((await reply.json()) as { apiKeys: { id: string; expiresAt: string | null }[] }).apiKeys;
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
  const { output, exitCode } = await start(data);
  expect(exitCode).toBe(3);
  expect(output).toContain('error DATA_DIR_UNSAFE');
  expect(output).toContain(`chmod 700 ${data}`);
  expect(readdirSync(data)).toEqual([]);
});
