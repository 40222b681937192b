import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Written by `serve`, read by the health check beside it in the same container. */
export const healthFile = join(tmpdir(), 'bigeye-orchestrator-healthy-until');
