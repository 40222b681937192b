import { readFileSync } from 'node:fs';
import { ConfigError, readConfig } from './config.ts';
import { explain } from './explain.ts';
import { startGuard } from './guard.ts';
import { Sources } from './sources.ts';

const EXIT_CONFIG = 3;

/** Runs the guard; `--explain METHOD PATH` only judges one request, whose body is standard input. */
async function main(argv: string[]): Promise<void> {
  const at = argv.indexOf('--explain');
  if (at >= 0) {
    const [, method = '', target = ''] = argv.splice(at, 3);
    process.stdout.write(`${JSON.stringify(explain(readConfig(argv), method, target, readFileSync(0)))}\n`);
    return;
  }
  const config = readConfig(argv);
  if (!new Sources(config.policy).isVisible)
    process.stderr.write(
      `docker-socket-proxy: ${config.policy.runsRoot} is not mounted here: bind sources are judged as texts only.\n`,
    );
  const started = startGuard(config);
  const stop = () => void started.then((close) => close()).finally(() => process.exit(0));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await started;
}

main(process.argv.slice(2)).catch((cause: Error) => {
  process.stderr.write(cause.message.replace(/^/gm, 'docker-socket-proxy: ').concat('\n'));
  process.exit(cause instanceof ConfigError ? EXIT_CONFIG : 1);
});
