import { loadWarehouseConfig } from './config.ts';
import { startDemoWarehouse } from './demo-warehouse.ts';
import { isAnswering } from './is-answering.ts';

const config = loadWarehouseConfig();

if (process.argv.includes('--health')) {
  process.exit((await isAnswering(config.port)) ? 0 : 1);
}

const warehouse = await startDemoWarehouse(config);
process.stdout.write(`The demo warehouse listens on ${config.host}:${warehouse.port}.\n`);

let stopping = false;
const stop = async () => {
  stopping = true;
  await warehouse[Symbol.asyncDispose]();
  process.exit(0);
};
// Without its database it is of no use, and whoever started it starts it again.
void warehouse.over.then(() => stopping || process.exit(1));
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
