import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ApiClient,
  createApiClient,
  HostId,
  isActive,
  type JobInput,
  type ManagedAgent,
  type Role,
  type Run,
  type RunId,
} from '@bigeye/contracts';
import { type ClientIdentity, createHttpTransport, createLogger, createMutualTlsTransport } from '@bigeye/service-kit';
import { freePorts, until } from '@bigeye/testkit';
import { ControlPlaneConfig } from '../../apps/control-plane/src/config.ts';
import { startControlPlane } from '../../apps/control-plane/src/start-control-plane.ts';

export const root = join(import.meta.dirname, '../..');
export const temporalCli = process.env.TEMPORAL_CLI ?? join(root, '.tools/bin/temporal');

/** A real control plane (embedded PostgreSQL and Temporal) on free ports of loopback, in a folder of its own. */
export interface TestStack extends AsyncDisposable {
  apiUrl: string;
  gatewayAddress: string;
  temporalAddress: string;
  temporalNamespace: string;
  hostApiUrl: string;
  dataDir: string;
  adminKey: string;
  /** With which the first admin may set a password. */
  adminPasswordToken: string;
  admin: ApiClient;
  /** A client with the personal key of a new user. */
  createUser(role: Role): Promise<{ key: string; client: ApiClient }>;
  client(key: string): ApiClient;
  /** Registers a host as the CLI does, and gives its certificate. */
  registerHost(hostId: string, managedAgents?: ManagedAgent[]): Promise<TestHost>;
  createJob(input: Partial<JobInput> & { hostId: HostId }): Promise<{ id: Run['jobId'] }>;
  /** Waits until the run is over. */
  finished(runId: RunId, timeoutMs?: number): Promise<Run>;
}

export interface TestHost {
  id: HostId;
  identity: ClientIdentity;
  /** The host API, by this host's certificate. */
  api: ApiClient;
}

const lineagePlus: ManagedAgent = {
  type: 'LINEAGE_PLUS',
  image: 'bigeyedata/lineage-plus-connector:test',
  connections: [{ connector: 'postgres', name: 'shop' }],
};

export async function startTestStack(
  settings: Record<string, string> = {},
  logTo?: { write(line: string): void },
): Promise<TestStack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'test-stack-'));
  const [api, gateway, hostApi, temporal] = await freePorts(4);
  const bundle = join(root, 'dist/workflows.js');
  const config = ControlPlaneConfig.parse({
    DATA_DIR: dataDir,
    API_LISTEN: `127.0.0.1:${api}`,
    GATEWAY_LISTEN: `127.0.0.1:${gateway}`,
    HOST_API_LISTEN: `127.0.0.1:${hostApi}`,
    TEMPORAL_PORT: String(temporal),
    TEMPORAL_CLI: temporalCli,
    LOG_LEVEL: 'error',
    ...(existsSync(bundle) ? { WORKFLOW_BUNDLE: bundle } : {}),
    ...settings,
  });
  const running = await startControlPlane(config, createLogger('control-plane', config.LOG_LEVEL, logTo));
  const apiUrl = `http://127.0.0.1:${api}`;
  const adminKey = running.firstAdmin?.apiKey ?? '';
  const hostApiUrl = `https://127.0.0.1:${hostApi}`;
  const clients = createClients({ apiUrl, hostApiUrl }, adminKey);
  return {
    apiUrl,
    gatewayAddress: `127.0.0.1:${gateway}`,
    temporalAddress: config.TEMPORAL_ADDRESS ?? `127.0.0.1:${temporal}`,
    temporalNamespace: config.TEMPORAL_NAMESPACE,
    hostApiUrl,
    dataDir,
    adminKey,
    adminPasswordToken: running.firstAdmin?.passwordLink.split('#')[1] ?? '',
    ...clients,
    [Symbol.asyncDispose]: async () => {
      clients[Symbol.dispose]();
      await running[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What tests do with a control plane, wherever it is. */
export function createClients(at: { apiUrl: string; hostApiUrl: string }, adminKey: string) {
  const client = (key: string) =>
    createApiClient({ baseUrl: at.apiUrl, transport: createHttpTransport(), authorization: `apikey ${key}` });
  const admin = client(adminKey);
  const transports: Disposable[] = [];
  const clients: Pick<TestStack, 'admin' | 'client' | 'createUser' | 'registerHost' | 'createJob' | 'finished'> = {
    admin,
    client,
    createUser: async (role) => {
      const name = `${role}-${randomBytes(4).toString('hex')}`;
      const user = await admin.call('createUser', { body: { email: `${name}@example.com`, name, role } });
      const { apiKey } = await admin.call('createPersonalApiKey', { body: { name: 'test', userId: user.id } });
      return { key: apiKey, client: client(apiKey) };
    },
    registerHost: async (hostId, managedAgents = [lineagePlus]) => {
      const id = HostId.parse(hostId);
      const { privateKey, certificateRequest } = createCertificateRequest();
      const answer = await admin.call('registerHost', { body: { hostId: id, managedAgents, certificateRequest } });
      const identity = { privateKey, certificate: answer.certificate ?? '', caCertificate: answer.caCertificate };
      const transport = createMutualTlsTransport(identity);
      transports.push(transport);
      return { id, identity, api: createApiClient({ baseUrl: at.hostApiUrl, transport }) };
    },
    createJob: (input) =>
      admin.call('createJob', {
        body: {
          name: `job ${randomBytes(4).toString('hex')}`,
          agentType: 'LINEAGE_PLUS',
          parameters: { connectors: ['postgres'], connectionName: 'shop' },
          ...input,
        },
      }),
    finished: async (runId, timeoutMs = 60_000) => {
      const ended = async () => {
        const run = await admin.call('getRun', { params: { runId } });
        return !isActive(run.status) && run;
      };
      return await until(ended, { timeoutMs, late: () => `run ${runId} goes on after ${timeoutMs} ms` });
    },
  };
  return {
    ...clients,
    [Symbol.dispose]: () => {
      for (const transport of transports) transport[Symbol.dispose]();
    },
  };
}

/** A P-256 key and a request for it, made by OpenSSL and not by the library that the product uses. */
export function createCertificateRequest(): { privateKey: string; certificateRequest: string } {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const folder = mkdtempSync(join(tmpdir(), 'certificate-request-'));
  try {
    const keyFile = join(folder, 'key.pem');
    writeFileSync(keyFile, privateKey, { mode: 0o600 });
    const args = ['req', '-new', '-key', keyFile, '-subj', '/CN=test'];
    return { privateKey, certificateRequest: execFileSync('openssl', args, { encoding: 'utf8' }) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
