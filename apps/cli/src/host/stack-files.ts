import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import type { HostId } from '@bigeye/contracts';
import {
  ensureFolder,
  type HostHome,
  hostFilesOf,
  loadAgentFile,
  recordGuard,
  renderComposeFile,
  renderGuardPolicy,
  stackUser,
  writeFileAtomically,
} from '@bigeye/host-kit';

/** Writes folders, policy and Compose file of the stack, and remembers what the guard must look like. */
export function writeStackFiles(home: HostHome, hostId: HostId, socketPath: string): void {
  const owner = stackUser();
  letStackEnter(home.folder);
  ensureFolder(home.runs, { mode: 0o700, owner });
  ensureFolder(home.journal, { mode: 0o700, owner });
  writeFileAtomically(home.guardPolicy, renderGuardPolicy(home), { mode: 0o644 });
  const { orchestrator } = loadAgentFile(home).settings;
  const ca = readFileSync(hostFilesOf(home, hostId).caCertificate, 'utf8');
  const controlPlane = [orchestrator.gateway_address, orchestrator.host_api_url, ca].join('\n');
  const compose = renderComposeFile({
    ...{ home, hostId, user: owner },
    socket: { path: socketPath, gid: statSync(socketPath).gid },
    controlPlane: createHash('sha256').update(controlPlane).digest('hex').slice(0, 16),
  });
  writeFileAtomically(home.composeFile, compose, { mode: 0o644 });
  recordGuard(home, hostId);
}

/** Where root is the operator, the stack is another user: it may pass through the folder, but not list it. */
function letStackEnter(folder: string): void {
  const { mode, uid } = statSync(folder);
  if (process.getuid?.() === 0 && uid === 0 && (mode & 0o001) === 0) chmodSync(folder, (mode & 0o7777) | 0o001);
}
