// What a run costs the workflow worker: processor time of a process that has nothing but the control plane's workflow
// engine, per run, over real runs of `runJob` with activities that do nothing. Rounds over all bundles, so that each
// meets the same noise.
//   node bench/workflows/main.ts [--runs 300] [--rounds 3] [bundle …, default dist/workflows.js]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { taskQueues } from '@bigeye/contracts';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { root } from '../../tests/support/test-stack.ts';
import { startTestTemporal } from '../../tests/support/test-temporal.ts';
import { type Answer, benchHost, ended, type Order } from './engine-alone.ts';

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '300' }, rounds: { type: 'string', default: '3' } },
  allowPositionals: true,
});
const runs = Number(values.runs);
const bundles = positionals.length > 0 ? positionals : [join(root, 'dist/workflows.js')];

Runtime.install({ logger: new DefaultLogger('ERROR') });
const server = await startTestTemporal();
const connection = await NativeConnection.connect({ address: server.address });
const host = await Worker.create({
  connection,
  taskQueue: taskQueues.forHost(benchHost),
  activities: { startContainer: async () => ({ startedAt: ended().startedAt }), followContainer: async () => ended() },
});
const hosting = host.run();

for (const bundle of bundles) console.log(`${basename(bundle)}: ${Math.round(statSync(bundle).size / 1024)} KiB`);
for (let round = 0; round < Number(values.rounds); round++)
  for (const bundle of bundles) {
    const { cpuMs, wallMs, rssMib } = await measure(bundle);
    const perRun = `${(cpuMs / runs).toFixed(1).padStart(6)} ms of processor time a run`;
    console.log(
      `${basename(bundle).padEnd(16)}${perRun}, ${((runs / wallMs) * 1000).toFixed(0)} runs/s, ${rssMib} MiB`,
    );
  }

host.shutdown();
await hosting;
await connection.close();
await server[Symbol.asyncDispose]();
process.exit(0);

/** In a process of its own, which has nothing else to do. */
async function measure(bundle: string): Promise<Answer> {
  const engine = fork(join(import.meta.dirname, 'engine-alone.ts'), [server.address, bundle]);
  const order: Order = { runs, warmUp: 30, atOnce: 10 };
  engine.send(order);
  const failed = once(engine, 'exit').then(() => {
    throw new Error('the engine ended before it had measured');
  });
  const [answer] = (await Promise.race([once(engine, 'message'), failed])) as [Answer];
  failed.catch(() => undefined);
  // Temporal's runtime would let a polite signal wait, and this engine would go on taking the next one's runs.
  engine.kill('SIGKILL');
  await once(engine, 'exit');
  return answer;
}
