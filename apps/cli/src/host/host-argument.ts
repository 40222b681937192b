import { AppError, HostId } from '@bigeye/contracts';

/** Of a host that is named on the command line. Throws HOST_ID_INVALID. */
export function hostIdOf(given: string): HostId {
  const hostId = HostId.safeParse(given);
  if (!hostId.success) throw new AppError('HOST_ID_INVALID', { hostId: given });
  return hostId.data;
}
