import { existsSync, readFileSync } from 'node:fs';
import { AppError } from '@bigeye/contracts';
import { agentsNetwork } from './compose-file.ts';
import type { HostHome } from './host-home.ts';

/**
 * The policy file of the guard: ours, with what the operator has written into it. The operator can only tighten: the
 * guard refuses to start with anything looser. Throws HOST_CONFIG_INVALID for a file that is not JSON.
 */
export function renderGuardPolicy(home: HostHome): string {
  const ours = { imageNamespace: 'bigeyedata/', networks: ['none', agentsNetwork], subCommands: ['run'] };
  const policy = { ...ours, ...readOperatorsPolicy(home.guardPolicy), runsRoot: home.runs };
  return `${JSON.stringify(policy, null, 2)}\n`;
}

function readOperatorsPolicy(file: string): object {
  if (!existsSync(file)) return {};
  try {
    const policy: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof policy === 'object' && policy !== null && !Array.isArray(policy)) return policy;
  } catch {
    // Falls through: broken JSON and JSON of another shape are the same fault to the operator.
  }
  throw new AppError('HOST_CONFIG_INVALID', { file, problems: ['it is not a JSON object'] });
}
