import pg from 'pg';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { parseColumnPath } from '../column-path.ts';
import { explainColumn } from '../explain-column.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-databases.ts';
import { type Inventory, readInventory } from './read-inventory.ts';
import { readViewDefinitions, type ViewDefinition } from './read-view-definitions.ts';
import { openSourceSession } from './source-session.ts';

const [{ url }] = inject('postgresServers');
const count = 200;
const application = 'gentle-reading-test';
const numbers = Array.from({ length: count }, (_, n) => String(n).padStart(3, '0'));
const tablesSql = numbers.map((n) => `CREATE TABLE t_${n} (a integer);`).join('');
const viewsSql = numbers.map((n) => `CREATE VIEW v_${n} AS SELECT a FROM t_${n};`).join('');

describe('a database that others work on meanwhile', () => {
  const opened: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
  });

  async function openSource(sql = tablesSql + viewsSql) {
    const database = await createTestDatabase(url, sql);
    opened.push(database);
    const session = await openSourceSession(database.connection, application);
    opened.push(session);
    const inventory = await readInventory(session, () => undefined);
    return { session, inventory, views: viewsOf(inventory), other: () => connect(database) };
  }

  async function connect({ connection }: TestDatabase): Promise<pg.Client> {
    const client = new pg.Client({ ...connection, ssl: false });
    await client.connect();
    opened.push({ [Symbol.asyncDispose]: () => client.end() });
    return client;
  }

  test('a migration gets its lock while the run is between two pages', async () => {
    const { session, views, other } = await openSource();
    const migration = await other();
    await migration.query("SET lock_timeout = '1s'");
    const definitions = readViewDefinitions(session, views);
    expect(await definitions.next()).toMatchObject({ value: { sql: expect.stringContaining('SELECT') } });
    await migration.query('ALTER TABLE t_000 ADD COLUMN b integer');
    expect(await all(definitions)).toHaveLength(count - 1);
  });

  test('a migration never waits a second for us, even while we wait for another one', async () => {
    const { session, views, other } = await openSource();
    const [holder, migration] = [await other(), await other()];
    await holder.query('BEGIN; LOCK TABLE t_040 IN ACCESS EXCLUSIVE MODE');
    await migration.query("SET lock_timeout = '1s'");
    const reading = all(readViewDefinitions(session, views));
    let over = false;
    void reading.finally(() => {
      over = true;
    });
    for (let n = 0; !over; n++) {
      const table = `t_${numbers[n % 40]}`;
      await migration.query(`ALTER TABLE ${table} ALTER COLUMN a SET DEFAULT ${n}`);
    }
    expect(faults(await reading)).toEqual(['v_040 VIEW_NOT_READ']);
  });

  test('tables that are locked all the time cost their own views and no other', async () => {
    const { session, views, other } = await openSource(
      `${tablesSql}${viewsSql}CREATE VIEW v_over_view AS SELECT * FROM v_007;`,
    );
    const holder = await other();
    await holder.query('BEGIN; LOCK TABLE t_007, t_100, t_101 IN ACCESS EXCLUSIVE MODE');
    const definitions = await all(readViewDefinitions(session, views));
    expect(definitions).toHaveLength(count + 1);
    // A view over the view of a locked table is read: its text names the view alone.
    expect(faults(definitions)).toEqual(['v_007', 'v_100', 'v_101'].map((name) => `${name} VIEW_NOT_READ`));
    expect(definitions.at(-1)?.fault?.message).toMatch(/locked \(SOURCE_LOCKED\), probably a migration; run again/);
  });

  test('explain says where it cannot go on', async () => {
    const { session, other } = await openSource();
    const { database } = (opened[0] as TestDatabase).connection;
    const path = parseColumnPath(`${database}.public.v_009.a`);
    expect(await explainColumn(session, path, database)).toMatchObject({ hops: [{}], incompleteViews: [] });
    await (await other()).query('BEGIN; LOCK TABLE t_009 IN ACCESS EXCLUSIVE MODE');
    expect(await explainColumn(session, path, database)).toMatchObject({
      hops: [],
      incompleteViews: [{ view: 'public.v_009' }],
    });
  });

  test('a table that is locked for a while costs nothing', async () => {
    const { session, views, other } = await openSource();
    const holder = await other();
    await holder.query('BEGIN; LOCK TABLE t_003 IN ACCESS EXCLUSIVE MODE');
    const definitions: ViewDefinition[] = [];
    for await (const definition of readViewDefinitions(session, views)) {
      definitions.push(definition);
      if (definitions.length === count - 1) await holder.query('ROLLBACK');
    }
    expect(definitions.at(-1)?.view.relation.name).toBe('v_003');
    expect(faults(definitions)).toEqual([]);
  });

  test('no more than 64 locks are held at once, which is what a server has for each connection', async () => {
    const { session, views, other } = await openSource();
    const [holder, watcher] = [await other(), await other()];
    await holder.query(`BEGIN; LOCK TABLE t_${numbers.at(-1)} IN ACCESS EXCLUSIVE MODE`);
    const reading = all(readViewDefinitions(session, views));
    let most = 0;
    let over = false;
    void reading.finally(() => {
      over = true;
    });
    while (!over) {
      const { rows } = await watcher.query(
        `SELECT count(*)::int AS locks FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE application_name = $1`,
        [application],
      );
      most = Math.max(most, rows[0].locks);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(64);
    await reading;
  });

  test('a view that PostgreSQL itself cannot print is one view, with what PostgreSQL says', async () => {
    const { session, views, other } = await openSource(
      `CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'; CREATE VIEW broken AS SELECT f() AS x;${tablesSql}${viewsSql}`,
    );
    await (await other()).query("SET allow_system_table_mods = on; DELETE FROM pg_proc WHERE proname = 'f'");
    const definitions = await all(readViewDefinitions(session, views));
    expect(definitions).toHaveLength(count + 1);
    expect(faults(definitions)).toEqual(['broken VIEW_NOT_READ']);
    expect(definitions.at(-1)?.fault?.message).toMatch(/cache lookup failed for function.*SQLSTATE XX000/);
  });

  test('what changes between inventory and page is said, not guessed', async () => {
    const { session, views, other } = await openSource();
    await (await other()).query('DROP VIEW v_001; CREATE OR REPLACE VIEW v_002 AS SELECT 1 AS a');
    const definitions = await all(readViewDefinitions(session, views));
    expect(faults(definitions)).toEqual(['v_001 VIEW_CHANGED', 'v_002 VIEW_CHANGED']);
    expect(definitions[1]?.fault?.message).toContain('dropped');
    expect(definitions[2]?.fault?.message).toContain('replaced');
  });

  test('a session that is ended ends the connection, with what to do', async () => {
    const { session, views, other } = await openSource();
    const admin = await other();
    const definitions = readViewDefinitions(session, views);
    await definitions.next();
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      application,
    ]);
    await expect(all(definitions)).rejects.toMatchObject({ exitCode: 4, remedy: expect.stringContaining('again') });
  });

  test('nothing can be written, in no transaction of the session', async () => {
    const { session } = await openSource('CREATE SEQUENCE s');
    await expect(session.rows('CREATE TABLE x ()')).rejects.toMatchObject({ sqlState: '25006' });
    await expect(session.brief("SELECT nextval('public.s')")).rejects.toMatchObject({ sqlState: '25006' });
  });

  test('who may not connect now is told why', async () => {
    const { other } = await openSource();
    const admin = await other();
    const role = `limited_${process.pid}`;
    const base = { ...(opened[0] as TestDatabase).connection, user: role };
    const attempt = () => openSourceSession(base, application);
    await expect(attempt()).rejects.toMatchObject({ code: 'SOURCE_LOGIN_NOT_ALLOWED', exitCode: 3 });
    await admin.query(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 0`);
    try {
      await expect(attempt()).rejects.toMatchObject({ code: 'SOURCE_TOO_MANY_CONNECTIONS', exitCode: 8 });
      await admin.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
      await admin.query(`REVOKE CONNECT ON DATABASE "${base.database}" FROM PUBLIC`);
      await expect(attempt()).rejects.toMatchObject({ code: 'SOURCE_PERMISSION_MISSING', exitCode: 3 });
    } finally {
      await admin.query(`DROP ROLE ${role}`);
    }
  });
});

const viewsOf = ({ relations }: Inventory) =>
  relations.filter(({ relation, isSystem }) => !isSystem && relation.kind === 'view');

async function all(definitions: AsyncIterable<ViewDefinition>): Promise<ViewDefinition[]> {
  const found: ViewDefinition[] = [];
  for await (const definition of definitions) found.push(definition);
  return found;
}

function faults(definitions: readonly ViewDefinition[]): string[] {
  return definitions.flatMap(({ view, fault }) => (fault === undefined ? [] : [`${view.relation.name} ${fault.code}`]));
}
