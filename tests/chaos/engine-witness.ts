import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { RunId } from '@bigeye/contracts';

/** What the Docker engine itself says of a run's containers. */
export interface Witnessed {
  starts: number;
  exitCodes: number[];
}

/** Listens to the engine's events from now on: what happened, whatever the product has written down of it. */
export function startEngineWitness(): { of(runId: RunId): Witnessed } & Disposable {
  const label = 'com.bigeye.run.id';
  const filters = ['type=container', 'event=start', 'event=die', `label=${label}`].flatMap((one) => ['--filter', one]);
  const child = spawn('docker', ['events', ...filters, '--format', '{{json .}}'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const seen = new Map<string, Witnessed>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { Action: action, Actor: actor } = JSON.parse(line);
    const witnessed = seen.get(actor.Attributes[label]) ?? { starts: 0, exitCodes: [] };
    seen.set(actor.Attributes[label], witnessed);
    if (action === 'start') witnessed.starts++;
    else witnessed.exitCodes.push(Number(actor.Attributes.exitCode));
  });
  return {
    of: (runId) => seen.get(runId) ?? { starts: 0, exitCodes: [] },
    [Symbol.dispose]: () => void child.kill(),
  };
}
