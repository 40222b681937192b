import { type ControlPlaneProcess, requireBuilt, startControlPlaneProcess } from '../support/control-plane-process.ts';
import { buildChaosImages, type ChaosHost, startChaosHost } from './chaos-host.ts';
import { type Order, orders } from './chaos-run.ts';
import { type ChaosServers, startChaosServers } from './chaos-servers.ts';
import { startEngineWitness, type Witnessed } from './engine-witness.ts';

/** Everything that a cell may break, all of it real: servers, control plane, and hosts with the product's own stack. */
export interface Stage extends AsyncDisposable {
  servers: ChaosServers;
  controlPlane: ControlPlaneProcess;
  /** Each carries one run of a cell, so that a cell is run as many times at once. */
  hosts: ChaosHost[];
  witness: { of(runId: string): Witnessed };
}

export async function openStage({ hosts: count = 3 } = {}): Promise<Stage> {
  requireBuilt();
  buildChaosImages();
  await using opening = new AsyncDisposableStack();
  const witness = opening.use(startEngineWitness());
  const servers = opening.use(await startChaosServers());
  const controlPlane = opening.use(await startControlPlaneProcess(servers.settings));
  const hosts: ChaosHost[] = [];
  for (let number = 1; number <= count; number++) {
    const host = opening.use(await startChaosHost(controlPlane, `chaos-${process.pid}-${number}`, hosts[0]));
    for (const [name, order] of Object.entries<Order>(orders)) host.addOrder(name, order);
    hosts.push(host);
  }
  const open = opening.move();
  return { servers, controlPlane, hosts, witness, [Symbol.asyncDispose]: () => open.disposeAsync() };
}
