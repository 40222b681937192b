import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { AppError, isAppError, visibleText } from '@bigeye/contracts';
import { createLogger } from '@bigeye/service-kit';
import { tellFirstAdmin } from './access/first-admin.ts';
import { loadControlPlaneConfig } from './config.ts';
import { startControlPlane } from './start-control-plane.ts';
import { installRuntime } from './temporal/install-runtime.ts';

/** Runs until `stop` fires, at any moment, and closes what is open then. Gives the exit code. */
export async function runControlPlane(stop: AbortSignal): Promise<number> {
  try {
    const config = loadControlPlaneConfig(undefined, rolesOf(process.argv.slice(2)));
    const log = createLogger('control-plane', config.LOG_LEVEL);
    installRuntime(log);
    const tell: Parameters<typeof startControlPlane>[2] = (firstAdmin, publicUrl) =>
      tellFirstAdmin(firstAdmin, { dataDir: config.DATA_DIR, publicUrl, terminal: process.stderr });
    await using _controlPlane = await startControlPlane(config, log, tell, stop);
    if (!stop.aborted) await once(stop, 'abort');
    log.info({ signal: stop.reason }, 'control plane stops');
  } catch (error) {
    if (stop.aborted) return 0;
    if (!isAppError(error)) throw error;
    process.stderr.write(visibleText(`error ${error.code}: ${error.message}\n  → ${error.remedy}\n`));
    return error.exitCode;
  }
  return 0;
}

/** `--role api,worker` is the setting ROLES. Throws CONFIG_INVALID for any other argument. */
function rolesOf(argv: string[]): { ROLES?: string } {
  try {
    const { values } = parseArgs({ args: argv, options: { role: { type: 'string', multiple: true } } });
    return values.role ? { ROLES: values.role.join() } : {};
  } catch (cause) {
    throw new AppError('CONFIG_INVALID', { program: 'control-plane', problems: [(cause as Error).message] }, { cause });
  }
}
