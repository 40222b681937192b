import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ControlPlaneProcess,
  docker,
  requireBuilt,
  startControlPlaneProcess,
} from './support/control-plane-process.ts';
import { buildTestAgent, type RealHost, registerRealHost, testAgentImage } from './support/real-host.ts';

/** What an agent can reach from inside its container, tried from inside its container. */

let controlPlane: ControlPlaneProcess;
let host: RealHost;

beforeAll(async () => {
  requireBuilt();
  buildTestAgent();
  controlPlane = await startControlPlaneProcess();
  host = await registerRealHost(controlPlane, `walls-${process.pid}`, testAgentImage);
}, 240_000);
afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
  await controlPlane?.[Symbol.asyncDispose]();
});

const addressesOf = (container: string): string[] =>
  docker('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}', container)
    .split(' ')
    .filter(Boolean);

/** The guard's answer to GET /version, whoever asks. */
const guardAnswers = /ApiVersion/;

test('an agent reaches the API, but not the guard, nor Temporal', async () => {
  const { ports, bridge } = controlPlane;
  const guard = host.containerOf('docker-socket-proxy');
  const guardTargets = [...addressesOf(guard), 'docker-socket-proxy'].map((address) => `${address}:2375`);
  const temporalTargets = [`${bridge}:${ports.temporal}`, `127.0.0.1:${ports.temporal}`];
  const api = `${bridge}:${ports.api}`;
  host.addOrder('probe', { mode: 'probe', targets: [api, ...guardTargets, ...temporalTargets] });
  const run = await host.start('probe');
  expect(await controlPlane.finished(run.id)).toMatchObject({ status: 'succeeded' });
  const { lines } = await controlPlane.admin.call('getRunLog', { params: { runId: run.id } });
  const answers = new Map<string, string>();
  for (const { text } of lines) {
    const { target, result } = JSON.parse(text) as { target?: string; result?: string };
    if (target && result) answers.set(target, result);
  }
  // The one that is meant to answer shows that the probe can tell.
  expect(answers.get(api)).toMatch(/referrer-policy: no-referrer/);
  for (const target of guardTargets) expect(answers.get(target)).not.toMatch(guardAnswers);
  for (const target of temporalTargets) expect(answers.get(target)).toBe('ECONNREFUSED');
});

test('the orchestrator does reach the guard, by the name that an agent does not', () => {
  const ask = "fetch('http://docker-socket-proxy:2375/version').then((r) => r.text()).then(console.log)";
  expect(docker('exec', host.containerOf('bigeye-agent-orchestrator'), 'node', '-e', ask)).toMatch(guardAnswers);
});

test('a run container is as tight as the guard wants it', async () => {
  host.addOrder('lines', { mode: 'lines', count: 60, everyMs: 50, exitCode: 0 });
  const run = await host.start('lines');
  await expect.poll(() => docker('ps', '-q', '--filter', `label=com.bigeye.run.id=${run.id}`)).not.toBe('');
  const [inspected] = JSON.parse(
    docker('inspect', docker('ps', '-q', '--filter', `label=com.bigeye.run.id=${run.id}`)),
  );
  expect(inspected.HostConfig).toMatchObject({
    Privileged: false,
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    NetworkMode: 'bigeye-agents',
    Memory: 512 * 1024 * 1024,
    PidsLimit: 256,
  });
  expect(inspected.HostConfig.Binds).toBeNull();
  expect(inspected.Config.User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  const sources = inspected.Mounts.map((mount: { Source: string }) => mount.Source).filter(Boolean);
  for (const source of sources) expect(source).toContain(`${host.home}/runs/`);
  await controlPlane.finished(run.id);
});

test('the guard and the orchestrator are alone on an internal network that does not shield the host either', () => {
  const network = docker('network', 'ls', '-q', '--filter', `name=bigeye-${host.id}_orchestrator-internal`);
  const [inspected] = JSON.parse(docker('network', 'inspect', network));
  expect(inspected.Internal).toBe(true);
  expect(inspected.Options).toMatchObject({ 'com.docker.network.bridge.inhibit_ipv4': 'true' });
  expect(Object.keys(inspected.Containers)).toHaveLength(2);
  expect(addressesOf(host.containerOf('docker-socket-proxy'))).toHaveLength(1);
});
