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
  // A bind mount is of the file, not of its name: where the policy was replaced, the container still has the old file, and a
  // restart alone would enforce that.
  if ((await stack.guardPolicy()) !== (await stack.guardFilePolicy()))
    await stack.up({ recreate: true, services: [stackServices.guard] });
  const runningPolicy = await stack.guardPolicy();
  // Recording reads the files again, so what changed in them meanwhile must be found first, or it would be recorded as right.
  assertGuardUntouched(home, hostId);
  recordGuard(home, hostId, { runningPolicy });
}
