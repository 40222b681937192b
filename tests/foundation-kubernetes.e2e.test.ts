import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { productVersion } from '@bigeye/contracts';
import { forgetful, freePorts, startTestPostgres, until } from '@bigeye/testkit';
import { describe, expect, test } from 'vitest';
import { ControlPlaneConfig, loadControlPlaneConfig } from '../apps/control-plane/src/config.ts';
import { imageContexts } from '../script/lib/bundles.ts';
import { docker, requireBuilt } from './support/control-plane-process.ts';
import { type Foundation, testJobsOn } from './support/foundation.ts';
import { deployments, manifestFiles, manifestFolder, manifestsOf, settings } from './support/kubernetes-manifests.ts';
import { startS3Server } from './support/s3-server.ts';
import { createClients, root } from './support/test-stack.ts';
import { startTestTemporal } from './support/test-temporal.ts';

/** deploy/kubernetes, as far as a machine without a cluster can tell. */

const image = imageContexts['control-plane'].tag;

describe('the manifests', () => {
  const validate = (...files: string[]) =>
    spawnSync(join(root, '.tools/kubernetes-validate/bin/kubernetes-validate'), ['--strict', ...files], {
      encoding: 'utf8',
    });

  test("fit Kubernetes' own schemas, which refuse what they do not know", () => {
    const resources = manifestFiles
      .filter((name) => name !== 'kustomization.yaml')
      .map((name) => join(manifestFolder, name));
    expect(validate(...resources)).toMatchObject({ status: 0 });
    const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(
      wrong,
      readFileSync(join(manifestFolder, 'api.yaml'), 'utf8').replace('readOnlyRootFilesystem', 'readOnlyRoot'),
    );
    expect(validate(wrong).status).not.toBe(0);
    rmSync(folder, { recursive: true });
  });

  test('are all in kustomization.yaml, with the image of this version', () => {
    const [kustomization] = manifestsOf('Kustomization');
    expect(['kustomization.yaml', ...(kustomization?.resources ?? [])].sort()).toEqual(manifestFiles.sort());
    expect(kustomization?.images.map(({ name, newTag }) => `${name}:${newTag}`)).toEqual([image]);
    expect(image).toContain(`:${productVersion}`);
    for (const { container } of deployments) expect(`${container.image}:${productVersion}`).toBe(image);
  });

  test.each(deployments)(
    '$name is given settings that the control plane knows and takes',
    ({ env, container, pod }) => {
      const known = Object.keys(ControlPlaneConfig.shape).flatMap((name) => [name, `${name}_FILE`]);
      for (const name of Object.keys(env).filter((one) => !one.startsWith('AWS_'))) expect(known).toContain(name);
      const [secrets] = pod.volumes;
      expect(container.volumeMounts).toEqual([expect.objectContaining({ name: secrets?.name, mountPath: '/secrets' })]);
      const { DATABASE_URL_FILE: _url, KEY_VAULT_SECRET_FILE: _secret, ...plain } = env;
      const given = { DATABASE_URL: 'postgresql://db/x', KEY_VAULT_SECRET: 'x'.repeat(32), ROLES: container.args[1] };
      expect(container.args[0]).toBe('--role');
      expect(loadControlPlaneConfig({ ...imageEnvironment(), ...plain, ...given }).ROLES).toEqual([container.args[1]]);
    },
  );

  test.each(deployments)('$name names the ports that its role listens on', ({ name, container }) => {
    const listened: Record<string, Record<string, string>> = {
      api: { api: 'API_LISTEN' },
      worker: {},
      gateway: { gateway: 'GATEWAY_LISTEN', 'host-api': 'HOST_API_LISTEN' },
    };
    const environment = imageEnvironment();
    const expected = Object.entries({ ...listened[name], health: 'HEALTH_LISTEN' }).map(([port, setting]) => ({
      name: port,
      containerPort: Number(environment[setting]?.split(':')[1]),
    }));
    expect(container.ports).toEqual(expected);
    for (const { httpGet } of [container.startupProbe, container.livenessProbe, container.readinessProbe])
      expect(httpGet.port).toBe('health');
  });

  test('services, budgets and policies lead to pods that are there, and to ports that these have', () => {
    const portsOf = (labels: Record<string, string>) =>
      deployments
        .filter((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value))
        .flatMap(({ container }) => container.ports.map(({ name }) => name));
    for (const { spec } of manifestsOf('Service'))
      expect(portsOf(spec.selector)).toEqual(expect.arrayContaining(spec.ports.map(({ targetPort }) => targetPort)));
    for (const { spec } of manifestsOf('PodDisruptionBudget'))
      expect(portsOf(spec.selector.matchLabels)).toContain('health');
    const policies = manifestsOf('NetworkPolicy').filter(({ spec }) => spec.ingress);
    for (const { spec } of policies)
      expect(portsOf(spec.podSelector.matchLabels ?? {})).toEqual(
        expect.arrayContaining(spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port))),
      );
  });
});

describe('the three roles in containers, as the manifests say', () => {
  testJobsOn(startRoles);
});

/** What the image gives to every process. */
function imageEnvironment(): Record<string, string> {
  const lines = JSON.parse(docker('image', 'inspect', '--format', '{{json .Config.Env}}', image)) as string[];
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/**
 * A container for each Deployment, with its user, its rights, its settings and its secrets as files, and no place to write but
 * what a pod has. Only addresses differ: all share this machine's network.
 */
async function startRoles(): Promise<Foundation> {
  requireBuilt();
  await using starting = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-'));
  starting.defer(() => rmSync(folder, { recursive: true, force: true }));
  const postgres = starting.use(await startTestPostgres(forgetful));
  const s3 = starting.use(await startS3Server('agent-orchestrator'));
  const [api = 0, gateway = 0, hostApi = 0, ...health] = await freePorts(3 + deployments.length);
  const namespace = settings?.TEMPORAL_NAMESPACE ?? '';
  const temporal = starting.use(await startTestTemporal({ namespace }));
  const at = { apiUrl: `http://127.0.0.1:${api}`, hostApiUrl: `https://127.0.0.1:${hostApi}` };
  const addresses = {
    API_LISTEN: `127.0.0.1:${api}`,
    GATEWAY_LISTEN: `127.0.0.1:${gateway}`,
    HOST_API_LISTEN: `127.0.0.1:${hostApi}`,
    PUBLIC_URL: at.apiUrl,
    GATEWAY_ADDRESS: `127.0.0.1:${gateway}`,
    HOST_API_URL: at.hostApiUrl,
    TEMPORAL_ADDRESS: temporal.address,
    OBJECT_STORE: `${settings?.OBJECT_STORE}?endpoint=${encodeURIComponent(s3.endpoint)}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const secrets = { database_url: postgres.url, key_vault_secret: 'a secret of the test, of at least 32 characters' };
  const containers = deployments.map(({ name, pod, container, env }, index) => {
    const { runAsUser, runAsGroup, fsGroup } = pod.securityContext;
    const [volume] = pod.volumes;
    const mounted = join(folder, name);
    mkdirSync(mounted);
    for (const [file, text] of Object.entries(secrets)) {
      writeFileSync(join(mounted, file), text);
      // Only root can give a file to the group of the pod, as a kubelet does.
      const isRoot = process.getuid?.() === 0;
      if (isRoot) chownSync(join(mounted, file), 0, fsGroup);
      chmodSync(join(mounted, file), isRoot ? (volume?.secret.defaultMode ?? 0) : 0o444);
    }
    chmodSync(mounted, 0o755);
    const healthListen = { HEALTH_LISTEN: `127.0.0.1:${health[index]}` };
    const given = Object.entries({ ...env, ...addresses, ...healthListen }).flatMap(([key, value]) => [
      '-e',
      `${key}=${value}`,
    ]);
    const { capabilities, allowPrivilegeEscalation, readOnlyRootFilesystem } = container.securityContext;
    const rights = [
      ...['--user', `${runAsUser}:${runAsGroup}`, '--group-add', String(fsGroup)],
      ...capabilities.drop.flatMap((one) => ['--cap-drop', one]),
      ...(allowPrivilegeEscalation ? [] : ['--security-opt', 'no-new-privileges']),
      ...(readOnlyRootFilesystem ? ['--read-only'] : []),
      // Without the volume that the image asks Docker for: a pod has none.
      ...['--tmpfs', '/data:ro'],
    ];
    const mounts = container.volumeMounts.flatMap(({ mountPath }) => ['--volume', `${mounted}:${mountPath}:ro`]);
    const id = docker('run', '--detach', '--network', 'host', ...rights, ...mounts, ...given, image, ...container.args);
    starting.defer(() => void docker('rm', '--force', '--volumes', id));
    return { id, name, container, health: health[index] };
  });
  const ready = async () => {
    for (const { id, name, container, health: port } of containers)
      for (const { httpGet } of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
        const answers = () =>
          fetch(`http://127.0.0.1:${port}${httpGet.path}`).then(
            ({ ok }) => ok,
            () => false,
          );
        const late = () => `${name} does not answer at ${httpGet.path}:\n${docker('logs', id)}`;
        await until(answers, { timeoutMs: 60_000, late });
      }
  };
  await ready();
  const [ofApi] = containers.filter(({ name }) => name === 'api');
  const read = `fs.readFileSync('${settings?.DATA_DIR}/first-admin.txt', 'utf8')`;
  const firstAdmin = execFileSync('docker', ['exec', ofApi?.id ?? '', 'node', '-p', read], { encoding: 'utf8' });
  const adminKey = /bigeye_pak_\w+/.exec(firstAdmin)?.[0] ?? '';
  const clients = starting.use(createClients(at, adminKey));
  const opened = starting.move();
  return {
    stack: {
      ...at,
      ...clients,
      gatewayAddress: addresses.GATEWAY_ADDRESS,
      temporalAddress: temporal.address,
      temporalNamespace: namespace,
      dataDir: folder,
      adminKey,
      adminPasswordToken: '',
      [Symbol.asyncDispose]: async () => undefined,
    },
    restart: async () => {
      docker('restart', ...containers.map(({ id }) => id));
      await ready();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
