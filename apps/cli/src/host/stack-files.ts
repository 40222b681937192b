import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import type { HostId } from '@bigeye/contracts';
import {
  ensureFolder,
  type GuardPolicyPlan,
  type HostHome,
  hostFilesOf,
  loadAgentFile,
  type RunSlot,
  recordGuard,
  renderComposeFile,
  stackUser,
  writeFileAtomically,
} from '@bigeye/host-kit';
import type { Terminal } from '../terminal.ts';
import { chooseGuardPolicy, type PolicyFlags } from './choose-guard-policy.ts';
import { checkRunsFolder, makeSlotFolders, planSlots } from './slot-folders.ts';

/** What the files of the stack will say; settled before the first of them is written. */
export interface StackPlan {
  hostId: HostId;
  socketPath: string;
  slots: RunSlot[];
  policy: GuardPolicyPlan;
}

/** Looks and asks, and changes nothing. Throws RUNS_FOLDER_FOREIGN or GUARD_LOOSENED. */
export async function planStack(
  context: { home: HostHome; terminal: Terminal },
  { hostId, socketPath, flags }: { hostId: HostId; socketPath: string; flags: PolicyFlags },
): Promise<StackPlan> {
  const { home } = context;
  checkRunsFolder(home);
  const slots = await planSlots(context, hostId, loadAgentFile(home).settings);
  return { hostId, socketPath, slots, policy: await chooseGuardPolicy(context, { hostId, slots, flags }) };
}

/** Writes folders, policy and Compose file of the stack, and remembers what the guard must look like. */
export function writeStackFiles(home: HostHome, { hostId, socketPath, slots, policy }: StackPlan): void {
  const owner = stackUser();
  letStackEnter(home.folder);
  makeSlotFolders(home, slots, owner);
  ensureFolder(home.journal, { mode: 0o700, owner });
  writeFileAtomically(home.guardPolicy, policy.content, { mode: 0o644 });
  const { orchestrator } = loadAgentFile(home).settings;
  const ca = readFileSync(hostFilesOf(home, hostId).caCertificate, 'utf8');
  const controlPlane = [orchestrator.gateway_address, orchestrator.host_api_url, ca].join('\n');
  const compose = renderComposeFile({
    home,
    hostId,
    user: owner,
    slots,
    socket: { path: socketPath, gid: statSync(socketPath).gid },
    policy: shortHash(policy.content),
    controlPlane: shortHash(controlPlane),
  });
  writeFileAtomically(home.composeFile, compose, { mode: 0o644 });
  recordGuard(home, hostId, { operators: policy.operators });
}

const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Where root is the operator, the stack is another user: it may pass through the folder, but not list it. */
function letStackEnter(folder: string): void {
  const { mode, uid } = statSync(folder);
  if (process.getuid?.() === 0 && uid === 0 && (mode & 0o001) === 0) chmodSync(folder, (mode & 0o7777) | 0o001);
}
