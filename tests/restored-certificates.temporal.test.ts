import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '@bigeye/contracts';
import { createMutualTlsTransport } from '@bigeye/service-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SpawnedFoundation, spawnFoundation } from './support/foundation.ts';
import { createCertificateRequest, type TestHost } from './support/test-stack.ts';

/** Hosts renew their certificates, so a database from a backup does not know the newest. */

const resources = new AsyncDisposableStack();
const backup = join(mkdtempSync(join(tmpdir(), 'backup-')), 'data');
let on: SpawnedFoundation;
let host: TestHost;
let renewed: ApiClient;
let newest: ApiClient;

beforeAll(async () => {
  resources.defer(() => rmSync(join(backup, '..'), { recursive: true }));
  on = resources.use(await spawnFoundation());
  host = await on.stack.registerHost('etl-01');
  await on.stop();
  cpSync(on.stack.dataDir, backup, { recursive: true });
  await on.start();
  renewed = await renew(host.api);
  newest = await renew(renewed);
});
afterAll(() => resources.disposeAsync());

/** A client with the certificate that `with` got for a new key. The times in certificates are whole seconds. */
async function renew(api: ApiClient): Promise<ApiClient> {
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  const { privateKey, certificateRequest } = createCertificateRequest();
  const { certificate } = await api.call('pushManagedAgents', {
    body: { hostId: host.id, managedAgents: [], certificateRequest },
  });
  if (!certificate) throw new Error('no certificate came');
  const { caCertificate } = host.identity;
  const transport = resources.use(createMutualTlsTransport({ privateKey, certificate, caCertificate }));
  return createApiClient({ baseUrl: on.stack.hostApiUrl, transport });
}
async function restore(settings: Record<string, string>): Promise<void> {
  await on.stop();
  rmSync(on.stack.dataDir, { recursive: true });
  cpSync(backup, on.stack.dataDir, { recursive: true });
  await on.start(settings);
}
const refused = { code: 'CERTIFICATE_REFUSED' };
const ours = { host: { id: 'etl-01' } };
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

test('a certificate that the database does not know is refused, unless it was issued before RESTORED_AT', async () => {
  await restore({ RESTORED_AT: new Date(0).toISOString() });
  await expect(newest.call('getOwnHost')).rejects.toMatchObject(refused);
  await expect(host.api.call('getOwnHost')).resolves.toMatchObject(ours);
});

test('a host that is revoked stays out, whatever RESTORED_AT says', async () => {
  await on.stack.admin.call('revokeHost', { params: { hostId: host.id } });
  await on.stop();
  await on.start({ RESTORED_AT: inAnHour() });
  await expect(newest.call('getOwnHost')).rejects.toMatchObject(refused);
});

test('RESTORED_AT lets the host go on by the certificate that it got since, and by no older one any more', async () => {
  await restore({ RESTORED_AT: inAnHour() });
  await expect(newest.call('getOwnHost')).resolves.toMatchObject(ours);
  await expect(renewed.call('getOwnHost')).rejects.toMatchObject(refused);
  await expect(host.api.call('getOwnHost')).rejects.toMatchObject(refused);
  await expect(newest.call('getOwnHost')).resolves.toMatchObject(ours);
});
