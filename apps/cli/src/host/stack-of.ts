import { createStackCli, type HostHome, loadAgentFile, registeredHost, type StackCli } from '@bigeye/host-kit';

/** The stack of the host that the settings name. Throws HOST_NOT_REGISTERED. */
export function stackOf(home: HostHome): StackCli {
  return createStackCli(home, registeredHost(home, loadAgentFile(home).settings).hostId);
}
