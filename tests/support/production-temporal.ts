import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endingWithUs, launchServer, listensOn } from '@bigeye/server-kit';
import { freePorts, type TestPostgres } from '@bigeye/testkit';
import type { TestCa } from './test-certificates.ts';
import { root, temporalCli } from './test-stack.ts';

const run = promisify(execFile);
/** Brought by script/temporal-server. */
export const temporalServerFolder = join(root, '.tools/temporal-server');
export const hasTemporalServer = existsSync(join(temporalServerFolder, 'version'));

export interface ProductionTemporal extends AsyncDisposable {
  address: string;
  /** Runs `temporal …` against it, with a client certificate. */
  cli(...args: string[]): Promise<string>;
}

/** The server that production runs, all its services in one process, on `postgres`; its frontend takes client certificates of `ca` only. */
export async function startProductionTemporal(options: {
  postgres: TestPostgres;
  ca: TestCa;
  serverName: string;
}): Promise<ProductionTemporal> {
  const { postgres, ca, serverName } = options;
  const folder = mkdtempSync(join(tmpdir(), 'temporal-server-'));
  for (const [database, schema] of [
    ['temporal', 'temporal'],
    ['temporal_visibility', 'visibility'],
  ] as const)
    await setUpSchema(postgres, database, join(temporalServerFolder, 'schema', schema, 'versioned'));
  const ports = await freePorts(8);
  const configFile = join(folder, 'server.yaml');
  writeFileSync(join(folder, 'dynamic.yaml'), dynamicConfig);
  writeFileSync(configFile, JSON.stringify(configOf(options, ports, join(folder, 'dynamic.yaml')), null, 2));
  const [port = 0] = ports;
  const start = [join(temporalServerFolder, 'server'), '--config-file', configFile, '--allow-no-auth', 'start'];
  const command = endingWithUs('KILL', start);
  const server = await launchServer({ command, isReady: (pid) => listensOn(pid, port), timeoutMs: 120_000 });
  const client = ca.issue('operator');
  const tls = ['--tls', '--tls-ca-path', ca.certificateFile, '--tls-server-name', serverName];
  const proof = ['--tls-cert-path', client.certificateFile, '--tls-key-path', client.keyFile];
  const address = `127.0.0.1:${port}`;
  return {
    address,
    cli: async (...args) => (await run(temporalCli, [...args, '--address', address, ...tls, ...proof])).stdout,
    [Symbol.asyncDispose]: async () => {
      await server.stop('SIGTERM', 5_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function setUpSchema(postgres: TestPostgres, database: string, versioned: string): Promise<void> {
  const at = ['--plugin', 'postgres12', '--ep', '127.0.0.1', '-p', String(postgres.port), '-u', 'test', '--pw', 'test'];
  const sql = (...args: string[]) => run(join(temporalServerFolder, 'sql'), [...at, '--db', database, ...args]);
  await sql('create');
  await sql('setup-schema', '-v', '0.0');
  await sql('update-schema', '-d', versioned);
}

const dynamicConfig = `
frontend.WorkerCommandsEnabled: [{ value: true }]
system.enableCancelActivityWorkerCommand: [{ value: true }]
`;

function configOf(
  { postgres, ca, serverName }: { postgres: TestPostgres; ca: TestCa; serverName: string },
  [frontend = 0, ...others]: number[],
  dynamicConfigFile: string,
) {
  const [frontendRing, history, historyRing, matching, matchingRing, worker, workerRing] = others;
  const server = ca.issue(serverName);
  const system = ca.issue('system-worker');
  const store = (databaseName: string) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `127.0.0.1:${postgres.port}`,
      connectProtocol: 'tcp',
      user: 'test',
      password: 'test',
      maxConns: 20,
      maxIdleConns: 20,
    },
  });
  const service = (grpcPort?: number, membershipPort?: number) => ({
    rpc: { grpcPort, membershipPort, bindOnIP: '127.0.0.1' },
  });
  const client = { serverName, rootCaFiles: [ca.certificateFile] };
  const frontendTls = {
    server: {
      certFile: server.certificateFile,
      keyFile: server.keyFile,
      requireClientAuth: true,
      clientCaFiles: [ca.certificateFile],
    },
    client,
  };
  return {
    log: { stdout: false, level: 'warn' },
    persistence: {
      defaultStore: 'runs',
      visibilityStore: 'visibility',
      numHistoryShards: 4,
      datastores: { runs: store('temporal'), visibility: store('temporal_visibility') },
    },
    global: {
      membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' },
      tls: {
        frontend: frontendTls,
        systemWorker: { certFile: system.certificateFile, keyFile: system.keyFile, client },
      },
    },
    services: {
      frontend: service(frontend, frontendRing),
      history: service(history, historyRing),
      matching: service(matching, matchingRing),
      worker: service(worker, workerRing),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${frontend}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: dynamicConfigFile, pollInterval: '10s' },
  };
}
