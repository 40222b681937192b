import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type AddressReach,
  AppError,
  agentTypes,
  cliDownloadPath,
  type HostSetup,
  type HostSetupAddress,
  images,
} from '@bigeye/contracts';
import { reasonOf } from '@bigeye/service-kit';

/** The CLI as it is served: read once, so that what the page says of it holds. */
export interface CliDownload {
  content: Buffer;
  /** Hex. */
  sha256: string;
}

/** Throws CONFIG_INVALID: a control plane that was told to serve a CLI and cannot is not what was wanted. */
export function loadCliDownload(file: string | undefined): CliDownload | undefined {
  if (file === undefined) return undefined;
  try {
    const content = readFileSync(file);
    return { content, sha256: createHash('sha256').update(content).digest('hex') };
  } catch (cause) {
    const problem = `CLI_FILE: ${reasonOf(cause)}`;
    throw new AppError('CONFIG_INVALID', { program: 'control-plane', problems: [problem] }, { cause });
  }
}

/** `addresses`: with the setting that says it, where one does. */
export function hostSetupOf(
  addresses: Omit<HostSetupAddress, 'reach'>[],
  { caFingerprint, cli }: { caFingerprint: string; cli: CliDownload | undefined },
): HostSetup {
  return {
    addresses: addresses.map((address) => ({ ...address, reach: reachOf(address.value) })),
    caFingerprint,
    cli: cli ? { path: cliDownloadPath, sha256: cli.sha256, bytes: cli.content.length } : null,
    images: [...Object.values(images), ...Object.values(agentTypes).flatMap(({ image }) => image ?? [])],
  };
}

/** `address`: a URL, or host:port. Names are taken for what they say, not looked up: hosts may have other name servers. */
export function reachOf(address: string): AddressReach {
  const url = address.includes('://') ? URL.parse(address) : URL.parse(`tcp://${address}`);
  const host = (url?.hostname ?? '').toLowerCase().replace(/\.$/, '');
  if (/^127(\.\d+){3}$/.test(host) || host === '[::1]' || host === 'localhost' || host.endsWith('.localhost'))
    return 'loopback';
  return host === '' || host === '0.0.0.0' || host === '[::]' ? 'unspecified' : 'network';
}
