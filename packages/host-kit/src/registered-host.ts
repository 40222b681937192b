import type { HostId } from '@bigeye/contracts';

/** A settings file with the values that every command of a registered host needs. */
export interface RegisteredHost {
  hostId: HostId;
  apiUrl: string;
  agentApiKey: string;
  gatewayAddress: string;
  hostApiUrl: string;
}
