import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { agentExitCodes } from '@bigeye/contracts';
import { freePort, until } from '@bigeye/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildContext } from '../../script/lib/bundles.ts';

const run = promisify(execFile);
let folder: string;

// Far from the repository, so that nothing is found in its node_modules.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundles-'));
  await buildContext('lineage-plus', join(folder, 'agent'));
  await buildContext('demo-warehouse', join(folder, 'warehouse'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Starts the warehouse's bundle and waits for its own health check. */
async function startWarehouse(port: number) {
  const env = { PORT: String(port) };
  const child = spawn(process.execPath, [join(folder, 'warehouse/main.mjs')], { env, cwd: folder, stdio: 'ignore' });
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const health = () =>
    run(process.execPath, [join(folder, 'warehouse/main.mjs'), '--health'], { env }).then(
      () => true,
      () => false,
    );
  await until(health, { timeoutMs: 120_000, late: () => 'The warehouse does not start.' });
  return {
    stop: () => {
      child.kill('SIGTERM');
      return exit;
    },
  };
}

test('both build contexts hold a Dockerfile and run with nothing but node', async () => {
  expect((await readdir(join(folder, 'agent'))).sort()).toEqual([
    ...['Dockerfile', 'LICENSE', 'NOTICE', 'libpg-query.wasm', 'main.mjs'],
  ]);
  expect(await readdir(join(folder, 'warehouse'))).toContain('Dockerfile');

  const port = await freePort();
  const warehouse = await startWarehouse(port);
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  await mkdir(input);
  await mkdir(output);
  const args = ['run', '-c', 'postgres', '--dry-run', '--in', input, '--out', output];
  const runAgent = async (password: string) => {
    await writeFile(
      join(input, 'postgres.properties'),
      `environment.name.1=shop\nbigeye.host.1=http://127.0.0.1:9\nbigeye.apikey.1=bigeye_agent_x
postgres.host.1=127.0.0.1\npostgres.port.1=${port}\npostgres.database.1=shop
postgres.username.1=bigeye\npostgres.password.1=${password}\n`,
    );
    return await run(process.execPath, [join(folder, 'agent/main.mjs'), ...args], { env: {}, cwd: folder });
  };
  await expect(runAgent('wrong')).rejects.toMatchObject({ code: agentExitCodes.credentialsRefused });
  const { stdout } = await runAgent('demo');
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
    outcome: 'succeeded',
    counts: { views: 13 },
  });
  expect(await readFile(join(output, 'openlineage.ndjson'), 'utf8')).toContain('columnLineage');
  expect(await warehouse.stop()).toBe(0);
}, 180_000);

test('the version is told without any input', async () => {
  const { stdout } = await run(process.execPath, [join(folder, 'agent/main.mjs'), '--version'], {
    env: {},
    cwd: folder,
  });
  expect(stdout).toContain('lineage-plus 0.1.0');
});
