import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A CA of a test's own, made by OpenSSL. */
export interface TestCa extends Disposable {
  /** PEM files. */
  certificateFile: string;
  certificate: Buffer;
  /** Gives the PEM files of a new certificate and its key. `name`: its CN, and the name of a server. */
  issue(name: string, extensions?: string[]): { certificateFile: string; keyFile: string };
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export function createTestCa(name = 'test CA'): TestCa {
  const folder = mkdtempSync(join(tmpdir(), 'test-ca-'));
  const [caFile, caKeyFile] = [join(folder, 'ca.pem'), join(folder, 'ca.key')];
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name}`, '-keyout', caKeyFile, '-out', caFile);
  let issued = 0;
  return {
    certificateFile: caFile,
    certificate: readFileSync(caFile),
    issue: (subject, extensions = ['basicConstraints=critical,CA:FALSE']) => {
      const [certificateFile, keyFile] = [join(folder, `${++issued}.pem`), join(folder, `${issued}.key`)];
      const by = ['-CA', caFile, '-CAkey', caKeyFile];
      const named = [`subjectAltName=DNS:${subject}`, ...extensions].flatMap((one) => ['-addext', one]);
      const out = ['-keyout', keyFile, '-out', certificateFile];
      openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${subject}`, ...by, ...named, ...out);
      return { certificateFile, keyFile };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}
