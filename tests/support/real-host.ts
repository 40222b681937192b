import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostId, type JobInput, type JobSettings, type Run } from '@bigeye/contracts';
import { baseImage, type ControlPlaneProcess, docker } from './control-plane-process.ts';
import { root } from './test-stack.ts';

/** This machine as a host: registered with the real CLI, its stack in real containers. */
export interface RealHost extends AsyncDisposable {
  id: HostId;
  home: string;
  cli(...args: string[]): { status: number | null; stdout: string; stderr: string };
  /** Adds a connection; `order` is what the test agent shall do with it. */
  addConnection(name: string, values: Record<string, string>): void;
  addOrder(name: string, order: object): void;
  /** Creates a job on this host and starts it. */
  start(connectionName: string, settings?: Partial<JobSettings>): Promise<Run>;
  containerOf(service: string): string;
}

export const testAgentImage = 'bigeyedata/test-agent:1';

export function buildTestAgent(): void {
  docker(
    'build',
    '--quiet',
    '--build-arg',
    `BASE_IMAGE=${baseImage()}`,
    '--tag',
    testAgentImage,
    join(import.meta.dirname, 'test-agent'),
  );
}

/**
 * `image`: of the Lineage Plus agent on this host; default the product's own. `keysFrom`: the host whose `agent_config/`
 * is copied first, as the account's further hosts need it.
 */
export async function registerRealHost(
  controlPlane: ControlPlaneProcess,
  hostId: string,
  image?: string,
  keysFrom?: RealHost,
): Promise<RealHost> {
  const id = HostId.parse(hostId);
  const home = mkdtempSync(join(tmpdir(), 'host-'));
  if (keysFrom) cpSync(join(keysFrom.home, 'agent_config'), join(home, 'agent_config'), { recursive: true });
  const { apiKey } = await controlPlane.admin.call('createAgentApiKey', { body: { name: hostId } });
  const cli = (...args: string[]) => {
    const env = { ...process.env, BIGEYE_NODE: process.execPath, BIGEYE_PERSONAL_API_KEY: controlPlane.adminKey };
    const { status, stdout, stderr } = spawnSync(join(root, 'dist/bigeye-agent'), ['--home', home, ...args], {
      env,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
  const must = (...args: string[]) => {
    const { status, stdout, stderr } = cli(...args);
    if (status !== 0) throw new Error(`bigeye-agent ${args[0]} ended with ${status}:\n${stdout}${stderr}`);
  };
  const project = `bigeye-${hostId}`;
  const host: RealHost = {
    id,
    home,
    cli,
    addConnection: (name, values) =>
      must('add-connector', '-c', 'postgres', '--name', name, ...flagsOf(values), '--sslmode', 'disable', '-sv'),
    addOrder: (name, order) =>
      host.addConnection(name, {
        host: 'none',
        port: '1',
        database: Buffer.from(JSON.stringify(order)).toString('base64'),
        username: 'none',
        password: 'none-of-your-business',
      }),
    start: async (connectionName, settings = {}) => {
      const parameters = { connectors: ['postgres'], connectionName };
      const body: JobInput = {
        name: `${hostId} ${connectionName} ${randomBytes(6).toString('hex')}`,
        hostId: id,
        agentType: 'LINEAGE_PLUS',
        parameters,
        settings,
      };
      const job = await controlPlane.admin.call('createJob', { body });
      return await controlPlane.admin.call('startRun', { params: { jobId: job.id } });
    },
    containerOf: (service) => docker('ps', '-q', '--filter', `name=^${project}-${service}-1$`),
    [Symbol.asyncDispose]: async () => {
      if (existsSync(join(home, 'docker-compose.bigeye.yml'))) cli('compose', 'down', '--leave-runs');
      const left = docker('ps', '-aq', '--filter', `label=com.bigeye.proxy.owner=${hostId}`)
        .split('\n')
        .filter(Boolean);
      if (left.length > 0) docker('rm', '-f', ...left);
      const networks = docker('network', 'ls', '-q', '--filter', `label=com.bigeye.network.host=${hostId}`);
      if (networks) docker('network', 'rm', ...networks.split('\n'));
      rmSync(home, { recursive: true, force: true });
    },
  };
  // Tests start more runs at once than what a small machine takes by itself.
  writeFileSync(join(home, 'bigeye_agent.yml'), 'orchestrator: {slots: 24}\n', { mode: 0o600 });
  try {
    must('register', '--host-id', hostId, '--api-url', controlPlane.apiUrl, '--agent-api-key', apiKey);
    must('install', '--agent', 'LINEAGE_PLUS');
    if (image) await useImage(home, image);
    return host;
  } catch (error) {
    await host[Symbol.asyncDispose]();
    throw error;
  }
}

const flagsOf = (values: Record<string, string>): string[] =>
  Object.entries(values).flatMap(([flag, value]) => [`--${flag}`, value]);

/** As an operator would: by editing the file. */
async function useImage(home: string, image: string): Promise<void> {
  const { parseDocument } = await import('yaml');
  const file = join(home, 'bigeye_agent.yml');
  const document = parseDocument(readFileSync(file, 'utf8'));
  document.setIn(['agents', 'lineage_plus', 'image'], image);
  writeFileSync(file, document.toString());
}
