import type { HostId } from '@bigeye/contracts';
import {
  assertGuardUntouched,
  createStackCli,
  ensureRunNetworks,
  type HostHome,
  listRunSlots,
  recordGuard,
  stackServices,
} from '@bigeye/host-kit';

/** Brings the stack up, waits until it is healthy, and then remembers what its guard says of itself. */
export async function startStack(home: HostHome, hostId: HostId, { recreate = false } = {}): Promise<void> {
  const stack = createStackCli(home, hostId);
  await ensureRunNetworks(hostId, listRunSlots(home, hostId));
  await stack.up({ recreate });
  // A file that was edited in place and then replaced lives on in the container, and would be enforced at its next start.
  if ((await stack.guardPolicy()) !== (await stack.guardFilePolicy()))
    await stack.up({ recreate: true, services: [stackServices.guard] });
  const runningPolicy = await stack.guardPolicy();
  // Recording reads the files again, and must not bless what changed in them meanwhile.
  assertGuardUntouched(home, hostId);
  recordGuard(home, hostId, { runningPolicy });
}
