import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { agentTypes } from '@bigeye/contracts';
import { type ContainerRunner, type HostHome, hostFilesOf, hostHomeAt, runSlotsOf } from '@bigeye/host-kit';
import { runOrchestrator } from '@bigeye/orchestrator';
import { createLogger } from '@bigeye/service-kit';
import { createFakeContainerRunner, type FakeContainer } from '@bigeye/testkit';
import type { TestHost, TestStack } from './test-stack.ts';

/** A host as the CLI would have set it up, with the real orchestrator in this process; only the engine is a fake. */
export interface RunningHost extends AsyncDisposable {
  home: HostHome;
  /** Its engine. What the orchestrator makes of it may go by `engineOf`. */
  engine: ReturnType<typeof createFakeContainerRunner>;
  /** Ends the orchestrator; its containers go on. */
  stop(): Promise<void>;
  /** Another orchestrator on the same disk and engine. */
  restart(): void;
}

export type Programs = Record<string, (container: FakeContainer) => void>;

/** The account of all tests in one process: making an RSA-4096 pair takes a second. */
const account = generateKeyPairSync('rsa', { modulusLength: 4096 });

/** `programs`: what the agent does, by the name of its connection. */
export async function startTestHost(
  stack: Pick<TestStack, 'admin' | 'apiUrl' | 'gatewayAddress' | 'hostApiUrl'>,
  host: TestHost,
  programs: Programs,
  {
    slotCount = 24,
    heartbeatEveryMs = 500,
    engineOf = (engine) => engine,
  }: { slotCount?: number; heartbeatEveryMs?: number; engineOf?: (engine: ContainerRunner) => ContainerRunner } = {},
): Promise<RunningHost> {
  const home = hostHomeAt(mkdtempSync(join(tmpdir(), 'host-')));
  const files = hostFilesOf(home, host.id);
  mkdirSync(dirname(files.privateKey), { recursive: true });
  const slots = runSlotsOf(home, host.id, slotCount).flatMap((slot) => [slot.in, slot.out]);
  for (const folder of [...slots, home.journal]) mkdirSync(folder, { recursive: true });
  writeFileSync(files.privateKey, host.identity.privateKey);
  writeFileSync(files.certificate, host.identity.certificate);
  writeFileSync(files.caCertificate, host.identity.caCertificate);
  const publicKey = account.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await stack.admin.call('putAgentPublicKey', { body: { publicKey } });
  writeFileSync(home.accountPrivateKey, account.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(home.accountPublicKey, publicKey);
  writeFileSync(home.bigeyePublicKey, (await stack.admin.call('getBigeyePublicKey')).publicKey);
  const connection = { host: 'db', database: 'shop', username: 'reader', password: 'hunter22' };
  writeFileSync(
    home.agentFile,
    JSON.stringify({
      bigeye: { api_url: stack.apiUrl, agent_api_key: 'bigeye_agent_test' },
      orchestrator: { host_id: host.id, gateway_address: stack.gatewayAddress, host_api_url: stack.hostApiUrl },
      agents: { lineage_plus: {} },
      connectors: { postgres: Object.keys(programs).map((name) => ({ name, ...connection })) },
    }),
  );
  const runner = createFakeContainerRunner({
    images: [agentTypes.LINEAGE_PLUS.image],
    programs: Object.fromEntries(
      Object.entries(programs).map(([name, program]) => [`run -c postgres -n ${name}`, program]),
    ),
  });
  const start = () => {
    const ending = new AbortController();
    const running = runOrchestrator({
      home,
      log: createLogger('orchestrator', 'silent'),
      shutdown: ending.signal,
      stopRuns: new AbortController().signal,
      heartbeatEveryMs,
      engine: engineOf(runner),
      healthFile: join(home.folder, 'health'),
    });
    return async () => {
      ending.abort();
      await running;
    };
  };
  let stop = start();
  return {
    home,
    engine: runner,
    stop: () => stop(),
    restart: () => {
      stop = start();
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(home.folder, { recursive: true });
    },
  };
}
