import { once } from 'node:events';
import { isAppError, visibleText } from '@bigeye/contracts';
import { createLogger } from '@bigeye/service-kit';
import { tellFirstAdmin } from './access/first-admin.ts';
import { loadControlPlaneConfig } from './config.ts';
import { startControlPlane } from './start-control-plane.ts';
import { installRuntime } from './temporal/install-runtime.ts';

/** Runs until `stop` fires, at any moment, and closes what is open then. Gives the exit code. */
export async function runControlPlane(stop: AbortSignal): Promise<number> {
  try {
    const config = loadControlPlaneConfig();
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
