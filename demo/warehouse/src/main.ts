import { loadWarehouseConfig } from './config.ts';
import { type DemoWarehouse, startDemoWarehouse } from './demo-warehouse.ts';
import { isOpen } from './is-open.ts';

const config = loadWarehouseConfig();

if (process.argv.includes('--health')) {
  process.exit((await isOpen(config.port)) ? 0 : 1);
}

let warehouse: DemoWarehouse | undefined;
let stopping = false;
const stop = async () => {
  stopping = true;
  await warehouse?.[Symbol.asyncDispose]();
  process.exit(0);
};
// Before it starts: the first process of a container is not ended by a signal that it does not know.
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());

warehouse = await startDemoWarehouse(config);
process.stdout.write(`The demo warehouse listens on ${config.host}:${warehouse.port}.\n`);
// Without its database it is of no use, and whoever started it starts it again.
void warehouse.over.then(() => stopping || process.exit(1));
