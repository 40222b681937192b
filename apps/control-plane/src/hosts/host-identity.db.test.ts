import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostId } from '@bigeye/contracts';
import { createCertificateRequest } from '@bigeye/host-kit';
import { createLogger } from '@bigeye/service-kit';
import { X509Certificate } from '@peculiar/x509';
import { sql } from 'kysely';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { createChangeFeed } from '../db/change-feed.ts';
import type { Database } from '../db/database.ts';
import type { Db } from '../db/tables.ts';
import { type CertificateAuthority, openCertificateAuthority } from '../keys/certificate-authority.ts';
import { openFolderVault } from '../keys/folder-vault.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createHostIdentity } from './host-identity.ts';
import { createHostStore } from './host-store.ts';

const log = createLogger('test', 'fatal');
const hostId = HostId.parse('etl-01');
const refused = expect.objectContaining({ code: 'CERTIFICATE_REFUSED' });
const soon = { timeout: 15_000 };

let authority: CertificateAuthority;
beforeAll(async () => {
  const vault = openFolderVault(join(mkdtempSync(join(tmpdir(), 'identity-')), 'keys'));
  authority = await openCertificateAuthority(vault, { hostLifetimeMs: 24 * 60 * 60 * 1000 });
});

/** Registers the host, or lets it in by another certificate. */
async function letIn({ db, changes }: Pick<Database, 'db' | 'changes'>): Promise<Uint8Array> {
  const hosts = createHostStore(db, changes);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const issued = await authority.issueForHost(hostId, await createCertificateRequest(hostId, pem));
  await hosts.upsertHost(hostId, []);
  await hosts.recordCertificate(hostId, issued);
  return new Uint8Array(new X509Certificate(issued.pem).rawData);
}

/** The hosts' door of another process on the same database, and how often it asked there. */
function openDoor(db: Db, changes: Database['changes']) {
  const hosts = createHostStore(db, changes);
  const asked = vi.spyOn(hosts, 'findCertificates');
  const identity = createHostIdentity(hosts, changes, { restoredAt: undefined, log: createLogger('test', 'silent') });
  return { identify: identity.identify, asked, [Symbol.dispose]: () => identity[Symbol.dispose]() };
}

const urlOf = async (db: Db): Promise<URL> => {
  const { rows } = await sql<{ name: string; port: number }>`select current_database() as name,
    current_setting('port')::int as port`.execute(db);
  const server = inject('postgresServers').find(({ url }) => Number(new URL(url).port) === rows[0]?.port);
  const url = new URL(server?.url ?? '');
  url.pathname = `/${rows[0]?.name}`;
  return url;
};

/** What stands between a process and its database: `hold` lets nothing through any more, and says so to nobody. */
async function startLine(to: URL) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(to.port), to.hostname);
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(to);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    hold: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    [Symbol.dispose]: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What was told before may still be on its way, and then counts once more. */
const untilRemembered = (door: ReturnType<typeof openDoor>, certificate: Uint8Array) =>
  vi.waitFor(async () => {
    door.asked.mockClear();
    for (let call = 0; call < 5; call++) await door.identify(certificate);
    expect(door.asked).not.toHaveBeenCalled();
  }, soon);

describeEachDatabase('who a host is', (open) => {
  test('is asked of the database once, and a new certificate or a revocation counts with the next call', async () => {
    const { db, changes } = open();
    await expect.poll(() => changes.isLive()).toBe(true);
    const first = await letIn({ db, changes });
    using door = openDoor(db, changes);
    expect(await door.identify(first)).toMatchObject({ hostId });
    await untilRemembered(door, first);

    const second = await letIn({ db, changes });
    await expect(door.identify(first)).rejects.toEqual(refused);
    expect(await door.identify(second)).toMatchObject({ hostId });

    await createHostStore(db, changes).revokeHost(hostId);
    await expect(door.identify(second)).rejects.toEqual(refused);
  });

  test('is asked again where it changed while it was being read', async () => {
    const { db, changes } = open();
    await expect.poll(() => changes.isLive()).toBe(true);
    const certificate = await letIn({ db, changes });
    using door = openDoor(db, changes);
    const { promise: revoked, resolve: goOn } = Promise.withResolvers<void>();
    const found = await createHostStore(db, changes).findCertificates(hostId);
    door.asked.mockImplementationOnce(async () => {
      await revoked;
      return found;
    });
    const early = door.identify(certificate);
    await createHostStore(db, changes).revokeHost(hostId);
    goOn();
    await early;
    await expect(door.identify(certificate)).rejects.toEqual(refused);
  });

  test('is asked of the database with each call while changes cannot be heard, also where the line died without a word', async () => {
    const { db, changes } = open();
    const certificate = await letIn({ db, changes });
    using line = await startLine(await urlOf(db));
    const feed = createChangeFeed(line.url, db, log);
    await using _feed = { [Symbol.asyncDispose]: () => feed.close() };
    await expect.poll(() => feed.isLive()).toBe(true);
    using door = openDoor(db, feed);
    await untilRemembered(door, certificate);

    line.hold();
    await createHostStore(db, changes).revokeHost(hostId);
    await vi.waitFor(() => expect(door.identify(certificate)).rejects.toEqual(refused), soon);
  });
});
