import { isAppError, visibleText } from '@bigeye/contracts';
import { createLogger, shutdownSignal } from '@bigeye/service-kit';
import { tellFirstAdmin } from './access/first-admin.ts';
import { loadControlPlaneConfig } from './config.ts';
import { startControlPlane } from './start-control-plane.ts';
import { installRuntime } from './temporal/install-runtime.ts';

// Nothing that this process or its children make is for other users.
process.umask(0o077);
try {
  const config = loadControlPlaneConfig();
  const log = createLogger('control-plane', config.LOG_LEVEL);
  installRuntime(log);
  const stopped = shutdownSignal();
  await using _controlPlane = await startControlPlane(config, log, (firstAdmin, publicUrl) =>
    tellFirstAdmin(firstAdmin, { dataDir: config.DATA_DIR, publicUrl, terminal: process.stderr }),
  );
  log.info({ signal: await stopped }, 'control plane stops');
} catch (error) {
  if (!isAppError(error)) throw error;
  process.stderr.write(visibleText(`error ${error.code}: ${error.message}\n  → ${error.remedy}\n`));
  // What was opened before the fault must not keep a process alive that serves nobody.
  process.exit(error.exitCode);
}
