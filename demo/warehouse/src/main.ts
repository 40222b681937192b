import { loadWarehouseConfig } from './config.ts';
import { startDemoWarehouse } from './demo-warehouse.ts';
import { isAnswering } from './is-answering.ts';

const config = loadWarehouseConfig();

if (process.argv.includes('--health')) {
  process.exit((await isAnswering(config.port)) ? 0 : 1);
}

const warehouse = await startDemoWarehouse(config);
process.stdout.write(`The demo warehouse listens on ${config.host}:${warehouse.port}.\n`);

const stop = async () => {
  // A client that never leaves must not keep the container from stopping.
  setTimeout(() => process.exit(0), 3_000).unref();
  await warehouse[Symbol.asyncDispose]();
  process.exit(0);
};
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
