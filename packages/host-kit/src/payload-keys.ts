import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { AppError, controlPlaneUri, type HostId, hostUri } from '@bigeye/contracts';
import { keyFingerprint, type PayloadKeys } from '@bigeye/service-kit';
import { loadHostIdentity } from './agent-config.ts';
import { type HostHome, hostFilesOf } from './host-home.ts';

/** The account's private keys on this machine: the current one and, after a rotation, the one before. */
export function loadAccountKeys(home: HostHome): KeyObject[] {
  const files = [home.accountPrivateKey, home.previousAccountPrivateKey].filter((file) => existsSync(file));
  return files.map((file) => load(file, createPrivateKey));
}

/** Fingerprints of the account keys that are here, the current one first. */
export const accountKeyFingerprints = (home: HostHome): string[] => loadAccountKeys(home).map(keyFingerprint);

/**
 * The host's side of the payload codec: reads what the control plane sealed for the account, seals with the host's own
 * key for the control plane and the account. Files are read when a run first needs them, so a rotation needs no restart.
 * Throws HOST_CONFIG_INVALID, HOST_NOT_REGISTERED.
 */
export function createHostPayloadKeys(home: HostHome, hostId: HostId): PayloadKeys {
  const files = hostFilesOf(home, hostId);
  const { caCertificate } = loadHostIdentity(home, hostId);
  // A renewed certificate is for the same key, so the one that was there at the start stays good for signing.
  const sealer = {
    privateKey: load(files.privateKey, createPrivateKey),
    certificate: load(files.certificate, (pem) => new X509Certificate(pem).raw),
  };
  const recipients = () => [
    load(home.bigeyePublicKey, createPublicKey),
    ...loadAccountKeys(home).slice(0, 1).map(createPublicKey),
  ];
  // An orchestrator without its keys says so at its start.
  recipients();
  return {
    caCertificate,
    sealer: () => sealer,
    recipients: async () => recipients(),
    privateKeys: async () => loadAccountKeys(home),
    // The host itself is a sender too: an earlier attempt of the same activity may have left a heartbeat that it sealed.
    acceptsSender: (uri) => uri === controlPlaneUri || uri === hostUri(hostId),
    makesKeys: (uri) => uri === controlPlaneUri,
  };
}

/** Throws HOST_CONFIG_INVALID. */
function load<T>(file: string, parse: (pem: string) => T): T {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('HOST_CONFIG_INVALID', { file, problems: [reason] });
  }
}
