import 'reflect-metadata'; // @peculiar/x509 asks for it
import { webcrypto } from 'node:crypto';
import type { HostId } from '@bigeye/contracts';
import { PemConverter, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** PKCS#10 request in PEM with CN = host id, signed by `privateKey` (PKCS#8, PEM, ECDSA P-256). */
export async function createCertificateRequest(hostId: HostId, privateKey: string): Promise<string> {
  const keys = await importKeyPair(privateKey);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [hostId] }],
    keys,
    signingAlgorithm: algorithm,
  });
  return request.toString('pem');
}

/** WebCrypto has no call that derives the public key. As a JWK it is the private key without the member that is secret. */
async function importKeyPair(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const pkcs8 = PemConverter.decode(pem)[0] ?? new ArrayBuffer(0);
  const privateKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']);
  const { d: _secret, key_ops: _use, ...open } = await webcrypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await webcrypto.subtle.importKey('jwk', open, algorithm, true, ['verify']);
  return { privateKey, publicKey };
}
