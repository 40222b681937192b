import type { Logger } from '@bigeye/service-kit';
import { DefaultLogger, Runtime } from '@temporalio/worker';

/** Once per process, before anything of Temporal: its own lines (retried calls) come through our log. */
export function installRuntime(log: Logger): void {
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) => {
    log[level === 'ERROR' ? 'error' : 'warn']({ component: 'temporal', ...withoutPayloads(meta) }, message);
  });
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
}

/** The SDK puts whole tasks into some of its lines. */
function withoutPayloads(meta: Record<string | symbol, unknown> | undefined): object {
  const { taskEncoded: _encoded, task: _task, ...rest } = meta ?? {};
  return rest;
}
