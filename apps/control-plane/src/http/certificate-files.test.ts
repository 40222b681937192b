import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createLogger } from '@bigeye/service-kit';
import { expect, test } from 'vitest';
import { createTlsServer } from './certificate-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'certificates-'));

function makePair(name: string) {
  const [certificateFile, keyFile] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  execFileSync('openssl', [...request, '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', certificateFile], {
    stdio: 'ignore',
  });
  return { certificateFile, keyFile };
}

test('a certificate that was replaced is shown without a restart, and half of a new pair is not', async () => {
  const [older, newer] = [makePair('older'), makePair('newer')];
  const files = { certificateFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
  const put = (from: Partial<typeof files>) => {
    if (from.certificateFile) copyFileSync(from.certificateFile, files.certificateFile);
    if (from.keyFile) copyFileSync(from.keyFile, files.keyFile);
  };
  put(older);
  const warnings: string[] = [];
  const log = createLogger('test', 'warn', { write: (line) => void warnings.push(line) });
  const server = createTlsServer(() => undefined, files, { log, readAgainEveryMs: 10 }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const shown = async () => {
    const socket = connect({ port: (server.address() as AddressInfo).port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  };
  expect(await shown()).toBe('older');
  put({ certificateFile: newer.certificateFile });
  await expect.poll(() => warnings.join()).toContain('is not the key of');
  expect(await shown()).toBe('older');
  put({ keyFile: newer.keyFile });
  await expect.poll(shown).toBe('newer');
  writeFileSync(files.keyFile, 'not a key');
  expect(await shown()).toBe('newer');
  server.close();
});
