import type { HostSetupAddress } from '@bigeye/contracts';
import type { ControlPlaneConfig } from '../config.ts';
import type { ListenAddress } from '../http/listen.ts';

/** Where others reach the parts of the control plane, whichever process serves them. */
export interface Endpoints {
  publicUrl: string;
  gatewayAddress: string;
  hostApiUrl: string;
}

/** As the settings say, else as we listen ourselves. */
export function endpointsOf(config: ControlPlaneConfig): Endpoints {
  const scheme = config.TLS_CERT_PATH && config.TLS_KEY_PATH ? 'https' : 'http';
  return {
    publicUrl: config.PUBLIC_URL ?? `${scheme}://${textOf(config.API_LISTEN)}`,
    gatewayAddress: config.GATEWAY_ADDRESS ?? textOf(config.GATEWAY_LISTEN),
    hostApiUrl: config.HOST_API_URL ?? `https://${textOf(config.HOST_API_LISTEN)}`,
  };
}

/** For the page that registers a host: each address with the setting that says it. */
export function hostAddressesOf(config: ControlPlaneConfig): Omit<HostSetupAddress, 'reach'>[] {
  const { publicUrl, gatewayAddress, hostApiUrl } = endpointsOf(config);
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
