import type { HostState } from '@bigeye/contracts';

/** As the end of a sentence that begins with the host. */
export const hostStateWords: Record<HostState, string> = {
  registered: 'was never heard of',
  online: 'is online',
  offline: 'is offline',
  revoked: 'is revoked',
};
