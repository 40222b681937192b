import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate as NodeCertificate,
  randomBytes,
  webcrypto,
} from 'node:crypto';
import 'reflect-metadata'; // @peculiar/x509 asks for it
import {
  AppError,
  controlPlaneServerName,
  controlPlaneUri,
  type HostId,
  hostUri,
  hostUriPrefix,
} from '@bigeye/contracts';
import { certificateFingerprint, type Sealer } from '@bigeye/service-kit';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  type PublicKeyType,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { KeyVault } from './key-vault.ts';

const days = 24 * 60 * 60 * 1000;
const caLifetimeMs = 3650 * days;
const serverLifetimeMs = 397 * days;
/** Clocks of hosts may be a little behind. */
const backdateMs = 5 * 60 * 1000;
const curve = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[1]);

export interface IssuedCertificate {
  pem: string;
  fingerprint: string;
  expiresAt: Date;
}

/** How gateway and host API listen: TLS 1.3, and a client certificate of our CA or no connection at all. */
interface MutualTls {
  cert: string;
  key: string;
  ca: string;
  requestCert: true;
  rejectUnauthorized: true;
  minVersion: 'TLSv1.3';
}

export interface CertificateAuthority {
  /** PEM, for hosts to pin. */
  caCertificate: string;
  /** Server certificate of gateway and host API, made anew at each start: hosts check the CA and the fixed name. */
  mutualTls: MutualTls;
  /** Issues a client certificate for the key in the request. Throws INVALID_INPUT for a bad request. */
  issueForHost(hostId: HostId, requestPem: string): Promise<IssuedCertificate>;
  /** RSA key that hosts seal payloads for. PEM. */
  bigeyePublicKey: string;
  bigeyePrivateKey: KeyObject;
  /** Signs what the control plane seals, with a certificate that says so; made anew at each start. */
  payloadSealer: Sealer;
  /** Binds task tokens to hosts. It outlives a restart, or every running activity would be cut off by one. */
  taskTokenKey: Buffer;
}

/** Whether an earlier start has made them. */
export async function hasCertificateAuthority(vault: KeyVault): Promise<boolean> {
  return (await vault.read('ca_certificate.pem')) !== undefined;
}

/** Loads CA and payload key from the vault, making them at the first start. Throws KEY_VAULT_LOCKED. */
export async function openCertificateAuthority(
  vault: KeyVault,
  { hostLifetimeMs }: { hostLifetimeMs: number },
): Promise<CertificateAuthority> {
  const ca = await loadOrCreateCa(vault);
  const caCertificate = ca.certificate.toString('pem');
  const server = await issueWithKey(ca, {
    name: 'control-plane',
    usage: ExtendedKeyUsage.serverAuth,
    identity: { type: 'dns', value: controlPlaneServerName },
  });
  const sealer = await issueWithKey(ca, {
    name: 'control-plane payloads',
    identity: { type: 'url', value: controlPlaneUri },
  });
  const bigeyePrivateKey = await loadOrCreatePayloadKey(vault);
  return {
    caCertificate,
    mutualTls: {
      cert: server.certificate.toString('pem'),
      key: server.privateKeyPem,
      ca: caCertificate,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    bigeyePublicKey: createPublicKey(bigeyePrivateKey).export({ type: 'spki', format: 'pem' }).toString(),
    bigeyePrivateKey,
    payloadSealer: {
      privateKey: createPrivateKey(sealer.privateKeyPem),
      certificate: new Uint8Array(sealer.certificate.rawData),
    },
    taskTokenKey: await loadOrCreateTaskTokenKey(vault),
    issueForHost: async (hostId, requestPem) => {
      const { publicKey } = await parseRequest(requestPem);
      const certificate = await issue(ca, publicKey, {
        name: hostId.slice(0, 64),
        usage: ExtendedKeyUsage.clientAuth,
        // The common name is too short for 256 characters.
        identity: { type: 'url', value: hostUri(hostId) },
        lifetimeMs: hostLifetimeMs,
      });
      return {
        pem: certificate.toString('pem'),
        fingerprint: certificateFingerprint(new Uint8Array(certificate.rawData)),
        expiresAt: certificate.notAfter,
      };
    },
  };
}

interface Ca {
  certificate: X509Certificate;
  privateKey: webcrypto.CryptoKey;
}

interface CertificateSpec {
  name: string;
  identity: { type: 'dns' | 'url'; value: string };
  usage?: ExtendedKeyUsage;
  lifetimeMs?: number;
}

async function issue(ca: Ca, publicKey: PublicKeyType, spec: CertificateSpec): Promise<X509Certificate> {
  return await X509CertificateGenerator.create({
    serialNumber: randomBytes(16).toString('hex'),
    subject: [{ CN: [spec.name] }],
    issuer: ca.certificate.subject,
    notBefore: new Date(Date.now() - backdateMs),
    notAfter: new Date(Date.now() + (spec.lifetimeMs ?? serverLifetimeMs)),
    publicKey,
    signingKey: ca.privateKey as never,
    signingAlgorithm: curve,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      ...(spec.usage ? [new ExtendedKeyUsageExtension([spec.usage], true)] : []),
      new SubjectAlternativeNameExtension([spec.identity]),
    ],
  });
}

async function issueWithKey(ca: Ca, spec: CertificateSpec) {
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  const certificate = await issue(ca, keys.publicKey as never, spec);
  return { certificate, privateKeyPem: await exportKey(keys.privateKey) };
}

async function parseRequest(pem: string): Promise<Pkcs10CertificateRequest> {
  try {
    const request = new Pkcs10CertificateRequest(pem);
    if (await request.verify()) return request;
  } catch {
    // Falls through: broken PEM and a bad signature are the same fault to the sender.
  }
  throw new AppError('INVALID_INPUT', {
    issues: [{ path: 'certificateRequest', message: 'not a PKCS#10 request in PEM, signed by its own key' }],
  });
}

async function loadOrCreateCa(vault: KeyVault): Promise<Ca> {
  // The key first: of several processes all go on with the one that was kept, and so make certificates of the same CA.
  const keyPem = (await vault.read('ca_key.pem')) ?? (await vault.keepFirst('ca_key.pem', await newKey()));
  const keys = { privateKey: await importKey(keyPem), publicKey: await importPublicKey(keyPem) };
  const kept = await vault.read('ca_certificate.pem');
  const pem = kept ?? (await vault.keepFirst('ca_certificate.pem', (await selfSign(keys)).toString('pem')));
  return { certificate: new X509Certificate(pem), privateKey: keys.privateKey };
}

async function selfSign(keys: { privateKey: webcrypto.CryptoKey; publicKey: webcrypto.CryptoKey }) {
  return await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16).toString('hex'),
    name: [{ CN: ['Agent Orchestrator CA'] }],
    notBefore: new Date(Date.now() - backdateMs),
    notAfter: new Date(Date.now() + caLifetimeMs),
    keys: keys as never,
    signingAlgorithm: curve,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
}

async function loadOrCreatePayloadKey(vault: KeyVault): Promise<KeyObject> {
  const name = 'bigeye_private_key.pem';
  const kept = await vault.read(name);
  if (kept !== undefined) return createPrivateKey(kept);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  return createPrivateKey(await vault.keepFirst(name, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()));
}

async function loadOrCreateTaskTokenKey(vault: KeyVault): Promise<Buffer> {
  const name = 'task_token_key';
  const text = (await vault.read(name)) ?? (await vault.keepFirst(name, randomBytes(32).toString('hex')));
  return Buffer.from(text, 'hex');
}

async function newKey(): Promise<string> {
  const { privateKey } = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  return await exportKey(privateKey);
}

async function importPublicKey(privatePem: string): Promise<webcrypto.CryptoKey> {
  const der = createPublicKey(privatePem).export({ type: 'spki', format: 'der' });
  return await webcrypto.subtle.importKey('spki', der, curve, true, ['verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return await webcrypto.subtle.importKey('pkcs8', der, curve, false, ['sign']);
}

/** The host that a verified client certificate names. `der`: the certificate. */
export function hostIdOfCertificate(der: Uint8Array): { hostId: string; fingerprint: string } | undefined {
  const fingerprint = certificateFingerprint(der);
  const hostId = namedHosts.get(fingerprint) ?? parseHostId(der);
  if (hostId === undefined) return undefined;
  if (namedHosts.size >= namedHostsLimit) namedHosts.clear();
  namedHosts.set(fingerprint, hostId);
  return { hostId, fingerprint };
}

/** When we issued it, and its end. `der`: the certificate. */
export function timesOfCertificate(der: Uint8Array): { issuedAt: Date; expiresAt: Date } {
  const { validFromDate, validToDate } = new NodeCertificate(der);
  return { issuedAt: new Date(validFromDate.getTime() + backdateMs), expiresAt: validToDate };
}

/** What a certificate says never changes, and reading it costs more than all else that a call needs of it. */
const namedHosts = new Map<string, string>();
const namedHostsLimit = 20_000;

function parseHostId(der: Uint8Array): string | undefined {
  const names = new NodeCertificate(der).subjectAltName ?? '';
  return new RegExp(`^URI:${hostUriPrefix}([A-Za-z0-9-]{1,256})$`).exec(names)?.[1];
}
