import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { forgetful, startTestPostgres } from '@bigeye/testkit';
import { startBalancer } from './balancer.ts';
import { type SpawnedControlPlane, spawnControlPlane } from './spawned-control-plane.ts';
import { createClients, type TestStack } from './test-stack.ts';
import { startTestTemporal } from './test-temporal.ts';

type Kind = 'api' | 'worker' | 'gateway';

/** One process of many, which may be ended and started again with the same folder. */
export interface Member {
  kind: Kind;
  name: string;
  running: SpawnedControlPlane;
  /** Ends it by `signal` and starts it again; resolves when it is ready. */
  restart(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Two processes of each role on one PostgreSQL, one Temporal and one object store, with a balancer before API, gateway and
 * host API each. Their keys lie in the database, sealed.
 */
export async function startManyProcesses(): Promise<{ stack: TestStack; members: Member[] } & AsyncDisposable> {
  await using starting = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'many-processes-'));
  starting.defer(() => rmSync(folder, { recursive: true, force: true }));
  const postgres = starting.use(await startTestPostgres(forgetful));
  const temporal = starting.use(await startTestTemporal());
  const members: Member[] = [];
  const addressesOf = (kind: Kind, address: (process: SpawnedControlPlane) => string) => () =>
    members.filter((member) => member.kind === kind).map(({ running }) => address(running));
  const api = starting.use(await startBalancer(addressesOf('api', ({ apiUrl }) => new URL(apiUrl).host)));
  const gateway = starting.use(await startBalancer(addressesOf('gateway', (process) => process.gatewayAddress)));
  const hostApi = starting.use(await startBalancer(addressesOf('gateway', (process) => process.hostApiAddress)));
  const settings = {
    DATABASE_URL: postgres.url,
    TEMPORAL_ADDRESS: temporal.address,
    OBJECT_STORE: pathToFileURL(join(folder, 'objects')).href,
    KEY_VAULT_SECRET: 'a secret of the test, of at least 32 characters',
    PUBLIC_URL: `http://${api.address}`,
    GATEWAY_ADDRESS: gateway.address,
    HOST_API_URL: `https://${hostApi.address}`,
    LOG_LEVEL: 'warn',
  };
  const start = async (kind: Kind, number: number) => {
    const name = `${kind}-${number}`;
    const spawn = async () => {
      const spawned = await spawnControlPlane({ dataDir: join(folder, name), settings: { ...settings, ROLES: kind } });
      await spawned.settled();
      return spawned;
    };
    const member: Member = {
      kind,
      name,
      running: await spawn(),
      restart: async (signal) => {
        await member.running.end(signal);
        member.running = await spawn();
      },
    };
    starting.defer(async () => void (await member.running.end()));
    members.push(member);
  };
  // The first makes keys and admin; the others come to what is there.
  await start('api', 1);
  const rest: [Kind, number][] = [
    ['api', 2],
    ['worker', 1],
    ['worker', 2],
    ['gateway', 1],
    ['gateway', 2],
  ];
  await Promise.all(rest.map(([kind, number]) => start(kind, number)));
  const adminKey = /bigeye_pak_\w+/.exec(readFileSync(join(folder, 'api-1/first-admin.txt'), 'utf8'))?.[0] ?? '';
  const at = { apiUrl: settings.PUBLIC_URL, hostApiUrl: settings.HOST_API_URL };
  const clients = starting.use(createClients(at, adminKey));
  const running = starting.move();
  return {
    members,
    stack: {
      ...at,
      ...clients,
      gatewayAddress: gateway.address,
      temporalAddress: temporal.address,
      temporalNamespace: 'default',
      dataDir: folder,
      adminKey,
      adminPasswordToken: '',
      [Symbol.asyncDispose]: async () => undefined,
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
