import {
  createHash,
  generateKeyPairSync,
  X509Certificate as NodeCertificate,
  randomBytes,
  webcrypto,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import 'reflect-metadata'; // @peculiar/x509 asks for it
import { AppError, controlPlaneServerName, type HostId } from '@bigeye/contracts';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const days = 24 * 60 * 60 * 1000;
const caLifetimeMs = 3650 * days;
const serverLifetimeMs = 397 * days;
/** Hosts renew by registering again, so it must be longer than anyone forgets. */
const hostLifetimeMs = 90 * days;
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
  /** RSA key that hosts encrypt payloads to. PEM. */
  bigeyePublicKey: string;
  /** Binds task tokens to hosts. It outlives a restart, or every running activity would be cut off by one. */
  taskTokenKey: Buffer;
}

/** The identity in a host's certificate. The common name is too short for 256 characters. */
const hostUri = (hostId: string): string => `urn:bigeye:host:${hostId}`;

/** SHA-256 over the DER, lower-case hex: how a certificate is known in the database. */
const fingerprintOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');

/** Loads CA and payload key from `<dataDir>/keys` (0700), making them at the first start. */
export async function openCertificateAuthority(dataDir: string): Promise<CertificateAuthority> {
  const folder = join(dataDir, 'keys');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { certificate: ca, privateKey: caKey } = await loadOrCreateCa(folder);
  const server = await createServerCertificate(ca, caKey);
  return {
    caCertificate: ca.toString('pem'),
    mutualTls: {
      ...server,
      ...{ ca: ca.toString('pem'), requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
    },
    bigeyePublicKey: loadOrCreatePayloadKey(folder),
    taskTokenKey: loadOrCreateTaskTokenKey(folder),
    issueForHost: async (hostId, requestPem) => {
      const request = await parseRequest(requestPem);
      const expiresAt = new Date(Date.now() + hostLifetimeMs);
      const certificate = await X509CertificateGenerator.create({
        serialNumber: randomBytes(16).toString('hex'),
        subject: [{ CN: [hostId.slice(0, 64)] }],
        issuer: ca.subject,
        notBefore: new Date(Date.now() - backdateMs),
        notAfter: expiresAt,
        publicKey: request.publicKey,
        signingKey: caKey,
        signingAlgorithm: curve,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth], true),
          new SubjectAlternativeNameExtension([{ type: 'url', value: hostUri(hostId) }]),
        ],
      });
      return {
        pem: certificate.toString('pem'),
        fingerprint: fingerprintOf(new Uint8Array(certificate.rawData)),
        expiresAt,
      };
    },
  };
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

async function loadOrCreateCa(folder: string) {
  const certificateFile = join(folder, 'ca_certificate.pem');
  const keyFile = join(folder, 'ca_key.pem');
  if (existsSync(certificateFile)) {
    const certificate = new X509Certificate(readFileSync(certificateFile, 'utf8'));
    return { certificate, privateKey: await importKey(readFileSync(keyFile, 'utf8')) };
  }
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
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
  writeSecret(keyFile, await exportKey(keys.privateKey));
  // Last, so that its presence means that the key is there too.
  writeSecret(certificateFile, certificate.toString('pem'));
  return { certificate, privateKey: keys.privateKey };
}

async function createServerCertificate(ca: X509Certificate, caKey: webcrypto.CryptoKey) {
  const keys = await webcrypto.subtle.generateKey(curve, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomBytes(16).toString('hex'),
    subject: [{ CN: ['control-plane'] }],
    issuer: ca.subject,
    notBefore: new Date(Date.now() - backdateMs),
    notAfter: new Date(Date.now() + serverLifetimeMs),
    publicKey: keys.publicKey as never,
    signingKey: caKey as never,
    signingAlgorithm: curve,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth], true),
      new SubjectAlternativeNameExtension([{ type: 'dns', value: controlPlaneServerName }]),
    ],
  });
  return { cert: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

function loadOrCreatePayloadKey(folder: string): string {
  const keyFile = join(folder, 'bigeye_private_key.pem');
  const publicFile = join(folder, 'bigeye_public_key.pem');
  if (!existsSync(publicFile)) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 4096,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    writeSecret(keyFile, privateKey);
    writeSecret(publicFile, publicKey);
  }
  return readFileSync(publicFile, 'utf8');
}

function loadOrCreateTaskTokenKey(folder: string): Buffer {
  const file = join(folder, 'task_token_key');
  if (!existsSync(file)) writeSecret(file, randomBytes(32).toString('hex'));
  return Buffer.from(readFileSync(file, 'utf8'), 'hex');
}

/** Whole or not at all: a key file that was cut off by a crash would lock every host out. */
function writeSecret(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return await webcrypto.subtle.importKey('pkcs8', der, curve, false, ['sign']);
}

/** The host that a verified client certificate names. */
export function hostIdOfCertificate(der: Uint8Array): { hostId: string; fingerprint: string } | undefined {
  const names = new NodeCertificate(der).subjectAltName ?? '';
  const hostId = /^URI:urn:bigeye:host:([A-Za-z0-9-]{1,256})$/.exec(names)?.[1];
  return hostId === undefined ? undefined : { hostId, fingerprint: fingerprintOf(der) };
}
