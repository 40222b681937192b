import { expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createSubjectStore, type Subject } from './subject-store.ts';
import { createUserStore } from './user-store.ts';

const ann: Subject = {
  issuer: 'https://login.example.com',
  subject: 'ann',
  email: 'ann@example.com',
  isEmailProven: true,
  name: 'Ann',
  role: { role: 'viewer', onEverySignIn: false },
};

describeEachDatabase('users by single sign-on', (open) => {
  const stores = () => ({ users: createUserStore(open().db), subjects: createSubjectStore(open().db) });

  test('a subject is one user, also when it comes for the first time many times at once', async () => {
    const { users, subjects } = stores();
    const found = await Promise.all(Array.from({ length: 5 }, () => subjects.findOrInsertUser(ann)));
    expect(new Set(found.map(({ id }) => id)).size).toBe(1);
    expect(await users.countUsers()).toBe(1);
    expect(found[0]).toMatchObject({ email: 'ann@example.com', usesSingleSignOn: true, hasPassword: false });
  });

  test('the same subject of another issuer is somebody else', async () => {
    const { subjects } = stores();
    await subjects.findOrInsertUser(ann);
    const other = { ...ann, issuer: 'https://elsewhere.example.com' };
    await expect(subjects.findOrInsertUser(other)).rejects.toMatchObject({ code: 'OIDC_EMAIL_TAKEN' });
    const [first, second] = [ann, { ...other, email: 'ann@elsewhere.example.com' }];
    const ids = await Promise.all([first, second].map(async (s) => (await subjects.findOrInsertUser(s)).id));
    expect(new Set(ids).size).toBe(2);
  });

  test('a role that an admin gave stays where the provider does not decide', async () => {
    const { users, subjects } = stores();
    const { id, name } = await subjects.findOrInsertUser(ann);
    await users.updateUser(id, { name, role: 'member', disabled: false });
    expect(await subjects.findOrInsertUser(ann)).toMatchObject({ id, role: 'member' });
    const decided = { ...ann, role: { role: 'viewer', onEverySignIn: true } } as const;
    expect(await subjects.findOrInsertUser(decided)).toMatchObject({ id, role: 'viewer' });
  });

  test("an admin's user is taken over by a proven address only, and only once", async () => {
    const { users, subjects } = stores();
    const { id } = await users.insertUser({ email: ann.email, name: 'A. Smith', role: 'admin' });
    const taken = { code: 'OIDC_EMAIL_TAKEN' };
    await expect(subjects.findOrInsertUser({ ...ann, isEmailProven: false })).rejects.toMatchObject(taken);
    expect(await subjects.findOrInsertUser(ann)).toMatchObject({ id, name: 'A. Smith', role: 'admin' });
    await expect(subjects.findOrInsertUser({ ...ann, subject: 'eve' })).rejects.toMatchObject(taken);
  });
});
