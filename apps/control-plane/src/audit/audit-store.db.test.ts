import type { AuditEntry } from '@bigeye/contracts';
import { createAuditChecker } from '@bigeye/service-kit';
import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createAuditStore, type NewAuditEntry } from './audit-store.ts';

const entry = (part: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  at: '2026-01-01T00:00:00.123Z',
  action: 'createUser',
  actorKind: 'user',
  actorId: 'usr_1',
  actorName: 'admin@example.com',
  credential: null,
  address: '192.0.2.1',
  status: 200,
  errorCode: null,
  details: { role: 'admin', email: 'x@example.com' },
  requestId: 'r1',
  ...part,
});

describeEachDatabase('audit log', (open) => {
  const all = async () => {
    const entries: AuditEntry[] = [];
    for await (const one of createAuditStore(open().db).readEntries()) entries.push(one);
    return entries;
  };
  const verified = (entries: AuditEntry[]) => {
    const checker = createAuditChecker();
    for (const one of entries) checker.add(one);
    return checker.result();
  };
  /** As whoever owns the table can: the trigger is against accidents and other users, the chain against the owner. */
  const unguarded = async (statement: string) => {
    await sql.raw('alter table audit_log disable trigger user').execute(open().db);
    await sql.raw(statement).execute(open().db);
    await sql.raw('alter table audit_log enable trigger user').execute(open().db);
  };
  beforeEach(() => unguarded('delete from audit_log'));

  test('what was written is read again as it was, and follows from the entry before', async () => {
    const store = createAuditStore(open().db);
    await store.appendEntries([entry()]);
    await store.appendEntries([entry({ action: 'deleteUser', errorCode: 'LAST_ADMIN', status: 409 }), entry()]);
    const entries = await all();
    expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(entries[0]).toMatchObject(entry());
    expect(entries[1]).toMatchObject({ errorCode: 'LAST_ADMIN', previousHash: entries[0]?.hash });
    expect(verified(entries)).toEqual({ entries: 3, lastHash: entries[2]?.hash, brokenAt: null, removed: null });
  });

  test('writers at once keep one chain without a gap', async () => {
    const { db } = open();
    const stores = [createAuditStore(db), createAuditStore(db), createAuditStore(db)];
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => stores[n % 3]?.appendEntries([entry({ requestId: `r${n}` })])),
    );
    const entries = await all();
    expect(new Set(entries.map(({ requestId }) => requestId)).size).toBe(40);
    expect(verified(entries)).toMatchObject({ entries: 40, brokenAt: null });
  });

  test.each(["update audit_log set actor_name = 'x'", 'delete from audit_log', 'truncate audit_log'])(
    'the database refuses: %s',
    async (statement) => {
      await createAuditStore(open().db).appendEntries([entry()]);
      await expect(sql.raw(statement).execute(open().db)).rejects.toThrow(/append-only/);
      expect(await all()).toHaveLength(1);
    },
  );

  test.each([
    ['a changed name', "update audit_log set actor_name = 'x' where sequence = 2", 2],
    ['a changed time', "update audit_log set at = at + interval '1 ms' where sequence = 2", 2],
    ['a changed detail', `update audit_log set details = '{"role": "viewer"}' where sequence = 3`, 3],
    ['a changed answer', 'update audit_log set status = 403 where sequence = 1', 1],
    ['an entry that was taken out', 'delete from audit_log where sequence = 2', 3],
    ['the first entry taken out', 'delete from audit_log where sequence = 1', 2],
  ])('%s breaks the chain, and the place is told', async (_what, statement, brokenAt) => {
    await createAuditStore(open().db).appendEntries([entry(), entry(), entry(), entry()]);
    await unguarded(statement);
    expect(verified(await all()).brokenAt).toBe(brokenAt);
  });

  test('an end that was cut off shows by the last hash only', async () => {
    await createAuditStore(open().db).appendEntries([entry(), entry()]);
    const before = verified(await all());
    await unguarded('delete from audit_log where sequence = 2');
    const after = verified(await all());
    expect(after.brokenAt).toBeNull();
    expect(after.lastHash).not.toBe(before.lastHash);
  });

  test('is listed newest first, page by page, by who, what, outcome and time', async () => {
    const store = createAuditStore(open().db);
    const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
    await store.appendEntries([
      entry({ at: at(1) }),
      entry({ at: at(2), action: 'deleteUser', actorName: 'Bob_100%@example.com' }),
      entry({ at: at(3), action: 'signIn', status: 401, actorKind: 'anonymous', actorName: 'bobx100x@example.com' }),
    ]);
    const list = async (filter: object) =>
      (await store.listEntries({ limit: 10, ...filter })).items.map(({ sequence }) => sequence);
    const first = await store.listEntries({ limit: 2 });
    expect(first.items.map(({ sequence }) => sequence)).toEqual([3, 2]);
    expect(await list({ cursor: first.nextCursor ?? '' })).toEqual([1]);
    expect(await list({ actor: 'bob_100%' })).toEqual([2]);
    expect(await list({ actor: 'BOB' })).toEqual([3, 2]);
    expect(await list({ actorKind: 'anonymous' })).toEqual([3]);
    expect(await list({ action: 'deleteUser' })).toEqual([2]);
    expect(await list({ refused: true })).toEqual([3]);
    expect(await list({ refused: false })).toEqual([2, 1]);
    expect(await list({ from: at(2), to: at(3) })).toEqual([2]);
    await expect(list({ cursor: 'x' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  describe('shortened', () => {
    const day = (n: number) => `2026-01-0${n}T00:00:00.000Z`;
    const withDays = async (...days: number[]) => {
      const store = createAuditStore(open().db);
      await store.appendEntries(days.map((n) => entry({ at: day(n) })));
      return { store, before: await all() };
    };

    test('from its old end only, it says so itself, verifies on, and goes on', async () => {
      const { store, before } = await withDays(1, 2, 5, 3, 6);
      expect(await store.shorten(new Date(day(4)), 100)).toBe(2);
      const after = await all();
      // The third is younger, so what comes after it stays, however old.
      expect(after.map(({ sequence }) => sequence)).toEqual([3, 4, 5, 6]);
      expect(after.at(-1)).toMatchObject({
        action: 'shortenAuditLog',
        actorKind: 'control plane',
        details: { lastRemoved: '2', hash: before[1]?.hash, olderThan: day(4) },
      });
      const removed = { entries: 2, lastHash: before[1]?.hash, at: after.at(-1)?.at };
      expect(verified(after)).toEqual({ entries: 4, lastHash: after.at(-1)?.hash, brokenAt: null, removed });
      expect(await store.shorten(new Date(day(4)), 100)).toBe(0);
      await store.appendEntries([entry()]);
      expect(verified(await all())).toMatchObject({ entries: 5, brokenAt: null, removed });
    });

    test('in batches, and again later: the newest account counts', async () => {
      const { store, before } = await withDays(1, 1, 1, 1, 2, 3);
      expect(await store.shorten(new Date(day(2)), 3)).toBe(3);
      expect(await store.shorten(new Date(day(2)), 3)).toBe(1);
      expect(await store.shorten(new Date(day(3)), 3)).toBe(1);
      expect(verified(await all())).toMatchObject({
        entries: 4,
        brokenAt: null,
        removed: { entries: 5, lastHash: before[4]?.hash },
      });
    });

    test('of a log in which all is old the account stays', async () => {
      const { store } = await withDays(1, 1);
      expect(await store.shorten(new Date(day(9)), 100)).toBe(2);
      expect(verified(await all())).toMatchObject({ entries: 1, brokenAt: null, removed: { entries: 2 } });
    });

    /** What the log says of itself before such an attack: `lastRemoved` and `hash` as an attacker chooses them. */
    const claimed = async (lastRemoved: number, hash: string) => {
      const { store } = await withDays(1, 2, 3, 4);
      await store.appendEntries([
        entry({ action: 'shortenAuditLog', details: { lastRemoved: String(lastRemoved), hash } }),
      ]);
    };

    test.each([
      ['without an entry that says so', 'delete from audit_log where sequence <= 2', 4],
      ['of more than the newest entry says', 'delete from audit_log where sequence <= 3', 2],
      ['of less than it says', 'delete from audit_log where sequence <= 1', 2],
      ['from the middle', 'delete from audit_log where sequence = 2', 2],
      ['of the end', 'delete from audit_log where sequence >= 2', 2],
      ['of everything', 'delete from audit_log', 2],
    ])('the database refuses a delete %s', async (_what, statement, lastRemoved) => {
      await claimed(lastRemoved, 'x');
      const second = (await all())[lastRemoved - 1]?.hash ?? '';
      await createAuditStore(open().db).appendEntries([
        entry({ action: 'shortenAuditLog', details: { lastRemoved: String(lastRemoved), hash: second } }),
      ]);
      await expect(sql.raw(statement).execute(open().db)).rejects.toThrow(/append-only/);
      expect(verified(await all())).toMatchObject({ entries: 6, brokenAt: null, removed: null });
    });

    test('the database refuses a delete whose account has another hash', async () => {
      await claimed(2, 'f'.repeat(64));
      await expect(sql.raw('delete from audit_log where sequence <= 2').execute(open().db)).rejects.toThrow(
        /append-only/,
      );
    });

    test.each([
      ['an account with a hash that was made up', 2, 'f'.repeat(64)],
      ['an account of fewer entries', 1, 'hash of the second'],
    ])('who owns the database and cuts the beginning is found: %s', async (_what, lastRemoved, hash) => {
      await claimed(lastRemoved, hash);
      await unguarded('delete from audit_log where sequence <= 2');
      expect(verified(await all())).toMatchObject({ brokenAt: 3, removed: null });
    });

    test('an account that was changed afterwards accounts for nothing', async () => {
      const { store } = await withDays(1, 2, 3);
      await store.shorten(new Date(day(2)), 100);
      const third = (await all())[1];
      await unguarded('delete from audit_log where sequence = 2');
      const details = JSON.stringify({ lastRemoved: '2', hash: third?.previousHash });
      await unguarded(`update audit_log set details = '${details}' where action = 'shortenAuditLog'`);
      expect(verified(await all())).toMatchObject({ brokenAt: 3, removed: null });
    });

    test('a reader in the middle hears that it was', async () => {
      const { store } = await withDays(...Array.from({ length: 1005 }, () => 1), 2);
      const reading = store.readEntries();
      for (let read = 0; read < 1000; read++) await reading.next();
      await store.shorten(new Date(day(2)), 2000);
      await expect(reading.next()).rejects.toMatchObject({ code: 'AUDIT_SHORTENED' });
    });
  });

  test('more entries than one batch are all read', async () => {
    await createAuditStore(open().db).appendEntries(Array.from({ length: 1001 }, () => entry()));
    expect(verified(await all())).toMatchObject({ entries: 1001, brokenAt: null });
  });
});
