import type { HostSetupAddress } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import type { ControlPlaneConfig } from '../config.ts';
import { type ConnectionLimits, createConnectionLimits } from '../http/connection-limits.ts';
import type { ListenAddress } from '../http/listen.ts';

/** Where others reach the parts of the control plane, whichever process serves them. */
export interface Endpoints {
  publicUrl: string;
  gatewayAddress: string;
  hostApiUrl: string;
}

/** As the settings say, else as we listen ourselves. */
export function endpointsOf(config: ControlPlaneConfig): Endpoints {
  const scheme = tlsFilesOf(config) ? 'https' : 'http';
  return {
    publicUrl: config.PUBLIC_URL ?? `${scheme}://${textOf(config.API_LISTEN)}`,
    gatewayAddress: config.GATEWAY_ADDRESS ?? textOf(config.GATEWAY_LISTEN),
    hostApiUrl: config.HOST_API_URL ?? `https://${textOf(config.HOST_API_LISTEN)}`,
  };
}

/** Of the API; undefined where it listens without TLS. */
export function tlsFilesOf({ TLS_CERT_PATH: certificateFile, TLS_KEY_PATH: keyFile }: ControlPlaneConfig) {
  return certificateFile && keyFile ? { certificateFile, keyFile } : undefined;
}

/** The caps that the settings give to each listener. `proxies`: those that many clients come through. */
export function limitsOf(
  config: ControlPlaneConfig,
  { listener, proxies, log }: { listener: string; proxies?: string[] | undefined; log: Logger },
): ConnectionLimits {
  const caps = { inAll: config.MAX_CONNECTIONS, perAddress: config.MAX_CONNECTIONS_PER_ADDRESS };
  return createConnectionLimits(listener, caps, log, proxies);
}

/** For the page that registers a host: each address with the setting that says it. */
export function hostAddressesOf(
  config: ControlPlaneConfig,
  { publicUrl, gatewayAddress, hostApiUrl }: Endpoints,
): Omit<HostSetupAddress, 'reach'>[] {
  return (
    [
      { setting: 'PUBLIC_URL', value: publicUrl },
      { setting: 'GATEWAY_ADDRESS', value: gatewayAddress },
      { setting: 'HOST_API_URL', value: hostApiUrl },
    ] as const
  ).map((address) => ({ ...address, isSet: config[address.setting] !== undefined }));
}

function textOf([first]: ListenAddress[]): string {
  return first ? `${first.host.includes(':') ? `[${first.host}]` : first.host}:${first.port}` : '';
}
