import { AppError, type HostId } from '@bigeye/contracts';
import {
  findRecordedPolicy,
  type GuardPolicyPlan,
  type HostHome,
  type Loosening,
  newOverrides,
  planGuardPolicy,
  type RunSlot,
  restoreGuardPolicy,
  stackUser,
} from '@bigeye/host-kit';
import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

export interface PolicyFlags {
  loosen?: string[];
  restorePolicy?: boolean;
}

/** The flags of commands that write the guard's policy. */
export const withPolicyFlags = (command: Command): Command =>
  command
    .option('--loosen <keys...>', 'keys of guard_policy.json that may allow more than was recorded')
    .option('--restore-policy', 'put back what guard_policy.json allows beyond what was recorded');

/**
 * Settles what the guard is to allow, before anything is changed: tightening by the operator is kept, and loosening is
 * shown and asked about. Throws GUARD_LOOSENED where nobody can be asked, or a file has to be moved away first.
 */
export async function chooseGuardPolicy(
  { home, terminal }: { home: HostHome; terminal: Terminal },
  { hostId, slots, flags }: { hostId: HostId; slots: RunSlot[]; flags: PolicyFlags },
): Promise<GuardPolicyPlan> {
  const input = { home, user: stackUser(), slots, recorded: findRecordedPolicy(home, hostId) };
  const plan = planGuardPolicy(input);
  for (const sentence of plan.mended) terminal.warn(`guard_policy.json: ${sentence}.`);
  const isUnnamed = ({ key }: Loosening) => flags.loosen?.includes(key) !== true;
  const overrides = newOverrides(home, hostId).filter(isUnnamed);
  if (overrides.length > 0 && !(await isWanted(terminal, overrides))) throw loosened(overrides);
  const unnamed = plan.loosened.filter(isUnnamed);
  if (flags.restorePolicy) return restoreGuardPolicy(input, flags.loosen);
  if (unnamed.length === 0 || (await isWanted(terminal, unnamed))) return plan;
  terminal.warn(`Put back in guard_policy.json: ${unnamed.map(({ key }) => key).join(', ')}.`);
  return restoreGuardPolicy(input, flags.loosen);
}

async function isWanted(terminal: Terminal, changes: Loosening[]): Promise<boolean> {
  if (!terminal.interactive) throw loosened(changes);
  for (const { key, difference } of changes) terminal.warn(`${key}: ${difference}`);
  return await terminal.askYesNo('The guard would allow more than was recorded. Do you want that?');
}

const loosened = (changes: Loosening[]) =>
  new AppError('GUARD_LOOSENED', { changes: changes.map(({ key, difference }) => `${key}: ${difference}`) });
