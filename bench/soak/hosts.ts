// The child of main.ts: hosts with the real orchestrator and its real worker. Only their engine is a fake one, and its
// programs keep a record of their own: when each started and how it ended, whatever the product says.
import type { HostId, RunId } from '@bigeye/contracts';
import type { FakeContainer } from '@bigeye/testkit';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { type RunningHost, startTestHost } from '../../tests/support/test-host.ts';
import { createClients } from '../../tests/support/test-stack.ts';

export interface Order {
  apiUrl: string;
  gatewayAddress: string;
  hostApiUrl: string;
  adminKey: string;
  hosts: number;
}

/** What the programs know of a run. */
export interface Lived {
  starts: number;
  exitCode: number | null;
  lines: number;
}

/** `order` comes first, and is answered by the ids of the hosts; `lived` is answered by what the programs know. */
export type ToHosts =
  | { do: 'start'; order: Order }
  | { do: 'restart the orchestrator' | 'lose the engine'; host: number }
  | { do: 'tell what lived' | 'end' };

export const linesOfRun = 10;
export const lineOf = (runId: RunId, line: number): string => `line ${line} of ${runId}`;
const everyMs = 100;
const engineAwayMs = 3_000;
const lived = new Map<RunId, Lived>();
const running: RunningHost[] = [];

process.on('message', async (message: ToHosts) => {
  if (message.do === 'start') process.send?.(await start(message.order));
  else if (message.do === 'tell what lived') process.send?.([...lived]);
  else if (message.do === 'end') await end();
  else if ('host' in message) await disturb(message);
});

async function disturb(message: Extract<ToHosts, { host: number }>): Promise<void> {
  const host = running[message.host];
  if (!host) return;
  if (message.do === 'restart the orchestrator') {
    await host.stop();
    host.restart();
    return;
  }
  host.engine.away = true;
  host.engine.cutConnections();
  setTimeout(() => {
    host.engine.away = false;
  }, engineAwayMs);
}

async function start({ adminKey, hosts, ...at }: Order): Promise<HostId[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  using clients = createClients(at, adminKey);
  const stack = { ...at, admin: clients.admin };
  const ids: HostId[] = [];
  for (let number = 1; number <= hosts; number++) {
    const host = await clients.registerHost(`soak-${number}`);
    running.push(await startTestHost(stack, host, { good: programOf(0), bad: programOf(3) }));
    ids.push(host.id);
  }
  return ids;
}

const programOf = (exitCode: number) => (container: FakeContainer) => {
  const { runId } = container.spec;
  const known = lived.get(runId) ?? { starts: 0, exitCode: null, lines: 0 };
  lived.set(runId, known);
  known.starts++;
  const exit = (code: number) => {
    clearInterval(timer);
    known.exitCode = code;
    container.exit(code);
  };
  const timer = setInterval(() => {
    container.print(lineOf(runId, ++known.lines));
    if (known.lines === linesOfRun) exit(exitCode);
  }, everyMs);
  container.onTerminate = () => exit(143);
};

async function end(): Promise<void> {
  await Promise.all(running.map((host) => host[Symbol.asyncDispose]()));
  process.exit(0);
}
