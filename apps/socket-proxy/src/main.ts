import { ConfigError, type ListenAddress, readConfig } from './config.ts';
import { startGuard } from './guard.ts';

const EXIT_CONFIG = 3;

/** Runs the guard, its health check (`--health`) or `--print-fingerprint`. */
async function main(): Promise<void> {
  const { command, config } = readConfig(process.argv.slice(2));
  if (command === 'health') process.exit((await isHealthy(config.listen)) ? 0 : 1);
  if (command === 'print-fingerprint') {
    process.stdout.write(`${config.fingerprint}\n`);
    return;
  }
  const close = await startGuard(config);
  const stop = () => {
    close();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function isHealthy(listen: ListenAddress): Promise<boolean> {
  const { get } = await import('node:http');
  const address =
    'path' in listen
      ? { socketPath: listen.path }
      : { host: listen.host.replace(/^(?:0\.0\.0\.0|::)$/, '127.0.0.1'), port: listen.port };
  return new Promise((resolve) => {
    const request = get(
      { ...address, path: '/version', headers: { Host: 'guard', Connection: 'close' }, timeout: 3_000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

main().catch((cause) => {
  const faults = cause instanceof ConfigError ? cause.faults : [(cause as Error).message];
  for (const fault of faults) process.stderr.write(`docker-socket-proxy: ${fault}\n`);
  process.exit(cause instanceof ConfigError ? EXIT_CONFIG : 1);
});
