import { rmSync } from 'node:fs';
import { AppError, type HostId, isAppError } from '@bigeye/contracts';
import {
  type AgentSettings,
  assertDockerCli,
  assertEngineAccess,
  createStackCli,
  type HostHome,
  hostFilesOf,
  loadAgentFile,
  registeredHost,
  removeRunContainers,
  removeRunNetworks,
} from '@bigeye/host-kit';
import { Command } from 'commander';
import { type CommandContext, contextOf } from '../command-context.ts';
import { ownHostClient } from '../host/own-host-client.ts';

export const unregisterCommand = new Command('unregister')
  .description('take this host out: certificate, stack and run containers; connectors and account keys stay')
  .option('--force', 'also with active runs, which end as failed, and when the control plane is away')
  .option('--json', 'print the result as JSON')
  .action(async (flags: { force?: boolean }, command: Command) => unregister(contextOf(command), flags.force === true));

/** The control plane first: from then on nothing of this host is believed. Cut off, the next call completes it. */
async function unregister({ home, terminal }: CommandContext, force: boolean): Promise<void> {
  const file = loadAgentFile(home);
  const { hostId } = registeredHost(home, file.settings);
  await assertDockerCli();
  await assertEngineAccess();
  const told = await terminal.step('control plane told', () => tellControlPlane(home, file.settings, force));
  if (!told) terminal.warn(`The control plane could not be told. There, an admin revokes "${hostId}" under Hosts.`);
  await terminal.step('stack and run containers removed', async () => {
    await createStackCli(home, hostId).down();
    await removeRunContainers(hostId);
    await removeRunNetworks(hostId);
  });
  removeFiles(home, hostId);
  for (const key of ['host_id', 'gateway_address', 'host_api_url']) file.remove(['orchestrator', key]);
  file.save();
  terminal.result([`Host ${hostId} is out. To bring it back: bigeye-agent register --host-id ${hostId}`], {
    hostId,
    controlPlaneTold: told,
  });
}

/** False where only `force` lets it pass. Throws HOST_HAS_ACTIVE_RUNS. */
async function tellControlPlane(home: HostHome, settings: AgentSettings, force: boolean): Promise<boolean> {
  using client = ownHostClient(home, settings);
  try {
    const { host } = await client.call('getOwnHost');
    const count = host.runningRuns + host.queuedRuns;
    if (count > 0 && !force) throw new AppError('HOST_HAS_ACTIVE_RUNS', { hostId: host.id, count });
    await client.call('unregisterHost');
    return true;
  } catch (error) {
    // Revoked already, so the control plane refuses this certificate and need not be told.
    if (isAppError(error, 'CERTIFICATE_REFUSED')) return true;
    if (force && !isAppError(error, 'HOST_HAS_ACTIVE_RUNS')) return false;
    throw error;
  }
}

function removeFiles(home: HostHome, hostId: HostId): void {
  const ofThisHost = [hostFilesOf(home, hostId).folder, home.composeFile, home.runs, home.journal];
  for (const path of ofThisHost) rmSync(path, { recursive: true, force: true });
}
