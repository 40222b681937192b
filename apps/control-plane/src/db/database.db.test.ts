import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/each-database.ts';
import { migrate } from './migrate.ts';

describeEachDatabase('database', (open) => {
  test('of several that migrate at once all find it done', async () => {
    const { db } = open();
    await sql`drop schema public cascade`.execute(db);
    await sql`create schema public`.execute(db);
    await Promise.all([migrate(db), migrate(db), migrate(db)]);
    const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(await db.selectFrom('installation').selectAll().execute()).toEqual([]);
  });

  test('one that a newer version has changed is refused, with what is not known', async () => {
    const { db } = open();
    await sql`insert into kysely_migration values ('0999-of-tomorrow', now()::text)`.execute(db);
    await expect(migrate(db)).rejects.toMatchObject({
      code: 'DATABASE_NEWER',
      details: { unknown: ['0999-of-tomorrow'] },
    });
    await sql`delete from kysely_migration where name = '0999-of-tomorrow'`.execute(db);
  });

  test('a connection that is cut in the middle of a transaction fails that transaction and nothing else', async () => {
    const { db } = open();
    const cut = db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(db);
      // Whoever holds it is told before the next statement, by an event that must have a listener.
      await new Promise((resolve) => setImmediate(resolve));
      await sql`select 1`.execute(tx);
    });
    await expect(cut).rejects.toThrow();
    expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  });
});
