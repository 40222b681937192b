// The child of main.ts: hosts with the real orchestrator and its real worker. Only their engine is a fake one, whose
// containers say a few lines and end after a while.
import { subscribe } from 'node:diagnostics_channel';
import type { HostId } from '@bigeye/contracts';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { type RunningHost, startTestHost } from '../../tests/support/test-host.ts';
import { createClients } from '../../tests/support/test-stack.ts';

export interface Order {
  apiUrl: string;
  gatewayAddress: string;
  hostApiUrl: string;
  adminKey: string;
  hosts: number;
  slots: number;
  /** How long a container runs. */
  runMs: number;
  lines: number;
}

let requests = 0;
subscribe('http.client.request.start', () => void requests++);
const running: RunningHost[] = [];

process.on('message', async (message: Order | 'requests' | 'end') => {
  if (message === 'requests') process.send?.(requests);
  else if (message === 'end') await end();
  else process.send?.(await start(message));
});

async function start({ adminKey, hosts, slots, runMs, lines, ...at }: Order): Promise<HostId[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const clients = createClients(at, adminKey);
  const program = (container: { print(text: string): void; exit(code: number): void }) => {
    for (let line = 1; line <= lines; line++) container.print(`line ${line} of a run that does nothing`);
    setTimeout(() => container.exit(0), runMs);
  };
  const ids: HostId[] = [];
  for (let index = 1; index <= hosts; index++) {
    const host = await clients.registerHost(`bench-${index}`);
    const stack = { ...at, admin: clients.admin };
    running.push(await startTestHost(stack, host, { shop: program }, { slotCount: slots, heartbeatEveryMs: 5_000 }));
    ids.push(host.id);
  }
  return ids;
}

async function end(): Promise<void> {
  await Promise.all(running.map((host) => host[Symbol.asyncDispose]()));
  process.exit(0);
}
