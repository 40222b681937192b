import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import { type Logger, reasonOf } from '@bigeye/service-kit';
import { readAgain } from '../machine/read-again.ts';

export interface CertificateFiles {
  certificateFile: string;
  keyFile: string;
}

/** What is wrong with how the API is to speak TLS. One of the two alone must not mean that it speaks none. */
export function faultsOfCertificateSettings(settings: {
  TLS_CERT_PATH?: string | undefined;
  TLS_KEY_PATH?: string | undefined;
}): { name: string; message: string }[] {
  const { TLS_CERT_PATH: certificateFile, TLS_KEY_PATH: keyFile } = settings;
  if (!certificateFile && !keyFile) return [];
  if (!keyFile) return [{ name: 'TLS_KEY_PATH', message: 'missing, where TLS_CERT_PATH is there' }];
  if (!certificateFile) return [{ name: 'TLS_CERT_PATH', message: 'missing, where TLS_KEY_PATH is there' }];
  try {
    readCertificateFiles({ certificateFile, keyFile });
    return [];
  } catch (error) {
    return [{ name: 'TLS_CERT_PATH', message: reasonOf(error) }];
  }
}

/** Throws where a file is missing or half written, or the key is not yet that of the certificate. */
export function readCertificateFiles({ certificateFile, keyFile }: CertificateFiles): { cert: Buffer; key: Buffer } {
  const [cert, key] = [readFileSync(certificateFile), readFileSync(keyFile)];
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error(`${keyFile} is not the key of ${certificateFile}`);
  return { cert, key };
}

/**
 * A server of HTTPS that shows what its files hold, also after they were replaced: certificates of today live for weeks, and
 * nobody wants to restart for them. Connections that are open go on.
 */
export function createTlsServer(
  handle: RequestListener,
  files: CertificateFiles,
  { log, options = {}, readAgainEveryMs }: { log: Logger; options?: ServerOptions; readAgainEveryMs?: number },
): Server {
  const minVersion = 'TLSv1.2';
  const read = () => {
    const found = readCertificateFiles(files);
    // Throws at a chain whose other certificates are broken, which the server would not take either.
    createSecureContext(found);
    return found;
  };
  const certificate = readAgain(read, {
    everyMs: readAgainEveryMs,
    onChange: (shown) => {
      server.setSecureContext({ ...shown, minVersion });
      log.info({ file: files.certificateFile }, 'the API shows a new certificate from now on');
    },
    onFault: (error) => log.warn({ reason: reasonOf(error) }, 'the certificate of the API cannot be read again'),
  });
  const server = createServer({ ...options, ...certificate.current(), minVersion }, handle);
  server.once('close', () => certificate[Symbol.dispose]());
  return server;
}
