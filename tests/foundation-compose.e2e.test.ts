import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type ComposedControlPlane, startComposedControlPlane } from './support/composed-control-plane.ts';
import { docker, requireBuilt } from './support/control-plane-process.ts';
import { temporalInPlace } from './support/deploy-images.ts';
import { testJobsOn } from './support/foundation.ts';
import { type Keepsakes, makeKeepsakes } from './support/keepsakes.ts';
import { createTestCa } from './support/test-certificates.ts';

describe(`deploy/compose.yaml, with ${temporalInPlace} as its Temporal`, () => {
  const opened = testJobsOn<ComposedControlPlane>(async () => {
    requireBuilt();
    return await startComposedControlPlane();
  });
  const backups = mkdtempSync(join(tmpdir(), 'backups-'));
  afterAll(() => rmSync(backups, { recursive: true, force: true }));
  let kept: Keepsakes;

  const inspect = async (format: string) => {
    const containers = (await opened.on.compose('ps', '--quiet')).trim().split('\n');
    return containers.map((id) => docker('inspect', '--format', format, id));
  };
  const logLines = async (runId: Awaited<ReturnType<typeof opened.start>>) =>
    (await opened.on.stack.admin.call('getRun', { params: { runId } })).logLines;

  test('only the API and the listeners for hosts are published', async () => {
    const published = (await inspect('{{range .NetworkSettings.Ports}}{{range .}}{{.HostPort}} {{end}}{{end}}')).join(
      ' ',
    );
    const { api, gateway, hostApi } = opened.on.ports;
    expect(published.split(/\s+/).filter(Boolean).map(Number).sort()).toEqual([api, gateway, hostApi].sort());
  });

  test('every service runs without root, capabilities and a writable root, and within a limit of memory', async () => {
    const format =
      '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}';
    for (const said of await inspect(format))
      expect(said).toMatch(/^\w+(:\d+)? true \[ALL\] \[no-new-privileges:true\]$/);
    for (const said of await inspect('{{.Config.User}}')) expect(said).not.toMatch(/^(|0|root)(:|$)/);
    for (const bytes of await inspect('{{.HostConfig.Memory}}')) expect(Number(bytes)).toBeGreaterThan(0);
  });

  test('no secret is in the environment of a service', async () => {
    const { folder } = opened.on;
    const environments = (await inspect('{{json .Config.Env}}')).join('\n');
    for (const name of ['postgres_password', 'database_password', 'temporal_password', 'key_vault_secret'])
      expect(environments).not.toContain(readFileSync(join(folder, 'secrets', name), 'utf8'));
  });

  test('without its database the control plane is alive and not ready, and says what is missing', async () => {
    const { on } = opened;
    const health = (path: string) =>
      on.compose('exec', '-T', 'control-plane', 'node', '/app/health.mjs', `http://127.0.0.1:7704${path}`);
    await on.compose('stop', 'postgres');
    await expect.poll(() => health('/readyz').catch((error: Error) => error.message)).toContain('"database":false');
    expect(await health('/healthz')).toContain('ok');
    await on.up();
    expect(await health('/readyz')).toContain('"status":"ready"');
  });

  test('after "docker compose down" and "up" everything is there, and the host goes on', async () => {
    const { on } = opened;
    kept = await makeKeepsakes(opened);
    await on.compose('down');
    await on.up();
    await kept.expectAll();
  });

  test('restored in place: what was there is there, a run that ended since has a reason, one that began since is stopped', async () => {
    const { on } = opened;
    const ended = await opened.start('endless');
    await expect.poll(() => logLines(ended)).toBe(1);
    await on.run('backup', join(backups, 'first'));
    await on.stack.admin.call('cancelRun', { params: { runId: ended } });
    await on.stack.finished(ended);
    const unknown = await opened.start('endless');
    await expect.poll(() => logLines(unknown)).toBe(1);

    await on.run('restore', join(backups, 'first'));
    await kept.expectAll();
    const lost = await on.stack.finished(ended, 120_000);
    expect(lost).toMatchObject({ status: 'failed', failure: { code: 'RUN_END_UNKNOWN' } });
    const asked = on.stack.admin.call('getRun', { params: { runId: unknown } });
    await expect(asked).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect.poll(() => opened.runsOnHost(), { timeout: 60_000 }).toEqual([]);
  });

  test('restored on an empty machine: what was there is there, a run that goes on is taken up again, and none runs twice', async () => {
    const { on } = opened;
    const { admin } = on.stack;
    const [goesOn, ended] = [await opened.start('endless'), await opened.start('endless')];
    for (const runId of [goesOn, ended]) await expect.poll(() => logLines(runId)).toBe(1);
    expect(opened.isForgotten(ended)).toBe(false);
    await on.run('backup', join(backups, 'second'));
    await admin.call('cancelRun', { params: { runId: ended } });
    await on.stack.finished(ended);
    await expect.poll(() => opened.isForgotten(ended)).toBe(true);
    await on.compose('down', '--volumes');

    await on.run('restore', join(backups, 'second'));
    await kept.expectAll();
    const failure = { code: 'CONTAINER_VANISHED' };
    expect(await on.stack.finished(ended, 120_000)).toMatchObject({ status: 'failed', failure });
    expect(opened.runsOnHost()).toEqual([goesOn]);
    expect(await admin.call('getRun', { params: { runId: goesOn } })).toMatchObject({ status: 'running' });
    await admin.call('cancelRun', { params: { runId: goesOn } });
    expect(await on.stack.finished(goesOn, 120_000)).toMatchObject({ status: 'canceled', exitCode: 143 });
  });

  test('with compose.tls.yaml the API answers by the certificate in tls/', async () => {
    const { on } = opened;
    using ca = createTestCa();
    const { certificateFile, keyFile } = ca.issue('orchestrator.test');
    const tls = join(on.folder, 'tls');
    mkdirSync(tls, { mode: 0o700 });
    for (const [from, name] of [
      [certificateFile, 'certificate.pem'],
      [keyFile, 'key.pem'],
    ] as const) {
      copyFileSync(from, join(tls, name));
      chmodSync(join(tls, name), 0o444);
    }
    on.set({ COMPOSE_FILE: 'compose.yaml:compose.tls.yaml' });
    await on.up();
    const status = await new Promise((resolve, reject) => {
      const at = { host: '127.0.0.1', port: on.ports.api, path: '/healthz' };
      request({ ...at, ca: ca.certificate, servername: 'orchestrator.test' }, (reply) => resolve(reply.statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });
});
