import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { type Logger, reasonOf } from '@bigeye/service-kit';

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
export function readCertificateFiles({ certificateFile, keyFile }: CertificateFiles): { cert: string; key: string } {
  const [cert, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')];
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error(`${keyFile} is not the key of ${certificateFile}`);
  return { cert, key };
}

/**
 * Has a server show what its files hold, also after they were replaced: certificates of today live for weeks, and nobody
 * wants to restart for them. Connections that are open go on. Until the server closes.
 */
export function followCertificateFiles(
  server: Server,
  files: CertificateFiles,
  { log, readAgainEveryMs = 30_000 }: { log: Logger; readAgainEveryMs?: number },
): void {
  let shown = JSON.stringify(readCertificateFiles(files));
  const timer = setInterval(() => {
    try {
      const found = readCertificateFiles(files);
      if (JSON.stringify(found) === shown) return;
      server.setSecureContext({ ...found, minVersion: 'TLSv1.2' });
      shown = JSON.stringify(found);
      log.info({ file: files.certificateFile }, 'the API shows a new certificate from now on');
    } catch (error) {
      // The old one may be good for a long time yet.
      log.warn({ reason: reasonOf(error) }, 'the certificate of the API cannot be read again');
    }
  }, readAgainEveryMs);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}
