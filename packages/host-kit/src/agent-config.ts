import { createPublicKey, generateKeyPair } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { AppError, type HostId } from '@bigeye/contracts';
import type { ClientIdentity } from '@bigeye/service-kit';
import { type HostHome, hostFilesOf } from './host-home.ts';
import { stackUser } from './stack-user.ts';
import { ensureFolder, setOwnership, writeFileAtomically } from './write-file.ts';

const generate = promisify(generateKeyPair);
const pem = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
};

export function hasAccountKeys(home: HostHome): boolean {
  return existsSync(home.accountPrivateKey);
}

/** The account's public key (SPKI, PEM), always derived from the private one. Undefined without keys. */
export function findAccountPublicKey(home: HostHome): string | undefined {
  if (!hasAccountKeys(home)) return undefined;
  try {
    const key = createPublicKey(readFileSync(home.accountPrivateKey, 'utf8'));
    return key.export({ type: 'spki', format: 'pem' }).toString();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('HOST_CONFIG_INVALID', { file: home.accountPrivateKey, problems: [reason] });
  }
}

/** Files that were copied here belong to whoever copied them; the orchestrator must be able to read them. */
export function ownAccountKeys(home: HostHome): void {
  const owner = stackUser();
  ensureFolder(home.agentConfig, { mode: 0o700, owner });
  for (const file of [home.accountPrivateKey, home.previousAccountPrivateKey, home.nextAccountPrivateKey])
    if (existsSync(file)) setOwnership(file, { mode: 0o600, owner });
  for (const file of [home.accountPublicKey, home.bigeyePublicKey])
    if (existsSync(file)) setOwnership(file, { mode: 0o644, owner });
}

/** Makes the RSA-4096 pair of the account on its first host. Returns the public key in PEM. */
export async function ensureAccountKeys(home: HostHome): Promise<string> {
  const owner = stackUser();
  ownAccountKeys(home);
  const known = findAccountPublicKey(home);
  if (known) {
    if (!existsSync(home.accountPublicKey)) writeFileAtomically(home.accountPublicKey, known, { mode: 0o644, owner });
    return known;
  }
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 4096, ...pem } as never);
  writeFileAtomically(home.accountPrivateKey, String(privateKey), { mode: 0o600, owner });
  writeFileAtomically(home.accountPublicKey, String(publicKey), { mode: 0o644, owner });
  return String(publicKey);
}

export function writeBigeyePublicKey(home: HostHome, publicKey: string): void {
  writeFileAtomically(home.bigeyePublicKey, publicKey, { mode: 0o644, owner: stackUser() });
}

/** The private key (ECDSA P-256, PKCS#8, PEM) that only this host has; made where there is none. */
export async function ensureHostKey(home: HostHome, hostId: HostId): Promise<string> {
  const files = hostFilesOf(home, hostId);
  const owner = stackUser();
  ensureFolder(`${home.agentConfig}/hosts`, { mode: 0o700, owner });
  ensureFolder(files.folder, { mode: 0o700, owner });
  if (existsSync(files.privateKey)) return readFileSync(files.privateKey, 'utf8');
  const { privateKey } = await generate('ec', { namedCurve: 'P-256', ...pem } as never);
  writeFileAtomically(files.privateKey, String(privateKey), { mode: 0o600, owner });
  return String(privateKey);
}

export function writeHostCertificate(
  home: HostHome,
  hostId: HostId,
  issued: { certificate: string; caCertificate: string },
): void {
  const files = hostFilesOf(home, hostId);
  const owner = stackUser();
  writeFileAtomically(files.caCertificate, issued.caCertificate, { mode: 0o644, owner });
  writeFileAtomically(files.certificate, issued.certificate, { mode: 0o644, owner });
}

/** `certified`: the key has its certificate. `keyed`: `register` was cut off before it came. */
export function hostIdentityState(home: HostHome, hostId: HostId): 'none' | 'keyed' | 'certified' {
  const files = hostFilesOf(home, hostId);
  if (!existsSync(files.privateKey)) return 'none';
  return existsSync(files.certificate) && existsSync(files.caCertificate) ? 'certified' : 'keyed';
}

/** Key, certificate and pinned CA of this host. Throws HOST_NOT_REGISTERED where a part is missing. */
export function loadHostIdentity(home: HostHome, hostId: HostId): ClientIdentity {
  if (hostIdentityState(home, hostId) !== 'certified')
    throw new AppError('HOST_NOT_REGISTERED', { file: home.agentFile });
  const files = hostFilesOf(home, hostId);
  return {
    privateKey: readFileSync(files.privateKey, 'utf8'),
    certificate: readFileSync(files.certificate, 'utf8'),
    caCertificate: readFileSync(files.caCertificate, 'utf8'),
  };
}
