import { type ApiClient, createApiClient, type HostId, isAppError } from '@bigeye/contracts';
import {
  createCertificateRequest,
  type HostHome,
  loadAgentFile,
  loadHostIdentity,
  managedAgentsOf,
  writeHostCertificate,
} from '@bigeye/host-kit';
import { type ClientIdentity, createMutualTlsTransport, type Logger } from '@bigeye/service-kit';

const retryEveryMs = 60_000;

/** The certificate that this process proves itself with. It changes while the process runs, and nothing is dropped. */
export interface LiveIdentity extends Disposable {
  current(): ClientIdentity;
  /** The host API, always by the current certificate. */
  client: ApiClient;
  subscribe(onChange: () => void): Disposable;
  /** Gets a new certificate for the same key and uses it from the next call on. Never throws: it is asked for again. */
  renew(): Promise<void>;
  /** Takes up what is on disk: `register` may have written a new certificate while we run. */
  reload(): void;
}

export function openLiveIdentity(home: HostHome, hostId: HostId, hostApiUrl: string, log: Logger): LiveIdentity {
  let identity = loadHostIdentity(home, hostId);
  let triedAt = 0;
  const transport = createMutualTlsTransport(identity);
  const client = createApiClient({ baseUrl: hostApiUrl, transport });
  const listeners = new Set<() => void>();

  const reload = () => {
    const found = loadHostIdentity(home, hostId);
    if (found.certificate === identity.certificate) return;
    identity = found;
    transport.use(found);
    for (const listener of listeners) listener();
  };

  return {
    current: () => identity,
    client,
    subscribe: (onChange) => {
      listeners.add(onChange);
      return { [Symbol.dispose]: () => void listeners.delete(onChange) };
    },
    renew: async () => {
      if (Date.now() - triedAt < retryEveryMs) return;
      triedAt = Date.now();
      try {
        const certificateRequest = await createCertificateRequest(hostId, identity.privateKey);
        const managedAgents = managedAgentsOf(loadAgentFile(home).settings);
        const issued = await client.call('pushManagedAgents', { body: { hostId, managedAgents, certificateRequest } });
        if (issued.certificate === undefined) throw new Error('none was issued');
        writeHostCertificate(home, hostId, { certificate: issued.certificate, caCertificate: identity.caCertificate });
        reload();
        triedAt = 0;
        log.info({ expiresAt: issued.host.certificateExpiresAt }, 'host certificate renewed');
      } catch (error) {
        log.warn({ err: isAppError(error) ? error.message : error }, 'host certificate not renewed yet');
      }
    },
    reload,
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}
