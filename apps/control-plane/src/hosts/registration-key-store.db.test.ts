import { HostId, type Role, type User } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { createUserStore } from '../access/user-store.ts';
import type { Database } from '../db/database.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createRegistrationKeyStore } from './registration-key-store.ts';

const hostId = HostId.parse('etl-01');
const used = { code: 'REGISTRATION_KEY_REFUSED', message: expect.stringContaining('used already') };

describeEachDatabase('registration keys', (open) => {
  const store = () => createRegistrationKeyStore(open().db);
  const addUser = (role: Role = 'admin'): Promise<User> =>
    createUserStore(open().db).insertUser({ email: `${role}-${Math.random()}@example.com`, name: 'A', role });
  const make = async (input: { replaces?: boolean; user?: User } = {}) => {
    const { id: userId } = input.user ?? (await addUser());
    const { registrationKey, info } = await store().createKey({ hostId, replaces: input.replaces ?? false, userId });
    const key = await store().findByValue(registrationKey);
    if (!key) throw new Error('the key that was made is not found');
    return { registrationKey, info, key };
  };

  test('a key is found by its value alone, and its value is nowhere in the database', async () => {
    const { registrationKey, info, key } = await make();
    expect(registrationKey).toMatch(/^bigeye_reg_[0-9a-z]{50}$/);
    expect(key).toMatchObject({ id: info.id, hostId, state: 'open' });
    expect(await store().findByValue(`${registrationKey}x`)).toBeUndefined();
    expect(JSON.stringify(await rowsOf(open()))).not.toContain(registrationKey.slice('bigeye_reg_'.length));
    const { expiresAt, createdAt } = info;
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(60 * 60 * 1000);
  });

  test('a key is good once, and tells afterwards when and from where it was used', async () => {
    const { registrationKey, key } = await make();
    await store().useKey(key, '10.0.0.5');
    await expect(store().useKey(key, '10.0.0.6')).rejects.toMatchObject(used);
    expect(await store().findByValue(registrationKey)).toMatchObject({ state: 'used' });
    expect((await store().listKeys({ limit: 10 })).items).toMatchObject([{ state: 'used', usedFrom: '10.0.0.5' }]);
  });

  test('of many who use it at once one gets it', async () => {
    const { key } = await make();
    const tries = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => store().useKey(key, `10.0.0.${n}`)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of tries) if (one.status === 'rejected') expect(one.reason).toMatchObject(used);
  });

  test('a key that is too old is refused', async () => {
    const { registrationKey, key } = await make();
    await open()
      .db.updateTable('registration_keys')
      .set({ expires_at: new Date(Date.now() - 1) })
      .execute();
    expect(await store().findByValue(registrationKey)).toMatchObject({ state: 'expired' });
    await expect(store().useKey(key, '::1')).rejects.toThrow('older than an hour');
  });

  test('a revoked key is unknown, and one that was looked up before is refused', async () => {
    const { registrationKey, info, key } = await make();
    await store().deleteKey(info.id);
    expect(await store().findByValue(registrationKey)).toBeUndefined();
    await expect(store().useKey(key, '::1')).rejects.toThrow('revoked');
    await expect(store().deleteKey(info.id)).rejects.toMatchObject({ code: 'REGISTRATION_KEY_NOT_FOUND' });
  });

  test('a newer key for the same host ends the older one', async () => {
    const older = await make();
    const newer = await make();
    expect(await store().findByValue(older.registrationKey)).toBeUndefined();
    await expect(store().useKey(older.key, '::1')).rejects.toMatchObject({ code: 'REGISTRATION_KEY_REFUSED' });
    await store().useKey(newer.key, '::1');
  });

  test.each([
    ['disabled', { role: 'admin', disabled: true }],
    ['made a member', { role: 'member', disabled: false }],
  ] as const)('who made it and was %s since lets nobody in by it', async (_, change) => {
    await addUser();
    const user = await addUser();
    const { registrationKey, key } = await make({ user });
    await createUserStore(open().db).updateUser(user.id, { name: 'A', ...change });
    expect(await store().findByValue(registrationKey)).toMatchObject({ state: 'void' });
    await expect(store().useKey(key, '::1')).rejects.toThrow('no admin any more');
    await createUserStore(open().db).deleteUser(user.id);
    expect(await store().findByValue(registrationKey)).toBeUndefined();
  });

  test('a host that is registered is replaced only by a key that was made for it', async () => {
    const host = { id: hostId, registered_at: new Date(), managed_agents: '[]' };
    await open().db.insertInto('hosts').values(host).execute();
    const { key } = await make();
    await expect(store().useKey(key, '::1')).rejects.toMatchObject({ code: 'HOST_ID_TAKEN' });
    const { key: replacing } = await make({ replaces: true });
    await store().useKey(replacing, '::1');
    const { key: again } = await make();
    await open().db.updateTable('hosts').set({ revoked_at: new Date() }).execute();
    await store().useKey(again, '::1');
  });

  test('locking a host out ends the key that would let it in again, and keeps what is told of a used one', async () => {
    const { registrationKey, key } = await make();
    await store().deleteUnusedKeyOf(HostId.parse('other'));
    expect(await store().findByValue(registrationKey)).toMatchObject({ state: 'open' });
    await store().deleteUnusedKeyOf(hostId);
    expect(await store().findByValue(registrationKey)).toBeUndefined();
    await expect(store().useKey(key, '::1')).rejects.toMatchObject({ code: 'REGISTRATION_KEY_REFUSED' });
    const second = await make();
    await store().useKey(second.key, '::1');
    await store().deleteUnusedKeyOf(hostId);
    expect((await store().listKeys({ limit: 10 })).items).toHaveLength(1);
  });

  test('are listed by what became of them, as each says itself, and by host', async () => {
    const { key } = await make();
    await store().useKey(key, '::1');
    const states = async () => {
      const by = async (state: 'open' | 'used' | 'expired' | 'void') =>
        (await store().listKeys({ limit: 10, state })).items.map((found) => [found.hostId, found.state]);
      return { open: await by('open'), used: await by('used'), expired: await by('expired'), void: await by('void') };
    };
    expect(await states()).toEqual({ open: [], used: [[hostId, 'used']], expired: [], void: [] });
    const one = await store().listKeys({ limit: 10, hostId });
    expect(one.items.map(({ id }) => id)).toEqual([key.id]);
    const { db } = open();
    await db.updateTable('registration_keys').set({ used_at: null }).execute();
    expect(await states()).toEqual({ open: [[hostId, 'open']], used: [], expired: [], void: [] });
    await db.updateTable('users').set({ role: 'member' }).execute();
    expect(await states()).toEqual({ open: [], used: [], expired: [], void: [[hostId, 'void']] });
    await db
      .updateTable('registration_keys')
      .set({ expires_at: new Date(Date.now() - 1) })
      .execute();
    expect(await states()).toEqual({ open: [], used: [], expired: [[hostId, 'expired']], void: [] });
  });
});

const rowsOf = ({ db }: Database) => db.selectFrom('registration_keys').selectAll().execute();
