import { freePort } from '@bigeye/server-kit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DemoWarehouse, startDemoWarehouse } from './demo-warehouse.ts';
import { isOpen } from './is-open.ts';

let warehouse: DemoWarehouse;

beforeAll(async () => {
  warehouse = await startDemoWarehouse({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await warehouse[Symbol.asyncDispose]();
});

async function connected<T>(work: (client: pg.Client) => Promise<T>, as: pg.ClientConfig = {}): Promise<T> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: warehouse.port,
    user: 'bigeye',
    password: 'demo',
    database: 'shop',
    ...as,
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test('it is a small shop: tables, views on views, materialized views with rows', async () => {
  const kinds = await connected(async (client) => {
    const { rows } = await client.query<{ kind: string; count: number }>(`
      SELECT relkind AS kind, count(*)::int AS count FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname IN ('crm', 'sales', 'analytics') AND relkind IN ('r', 'p', 'v', 'm') GROUP BY 1`);
    return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
  });
  expect(kinds).toEqual({ r: 20, p: 1, v: 11, m: 2 });
});

test('every view and materialized view gives rows', async () => {
  await connected(async (client) => {
    const { rows } = await client.query<{ name: string }>(`
      SELECT format('%I.%I', nspname, relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname IN ('crm', 'sales', 'analytics') AND relkind IN ('v', 'm')`);
    expect(rows).toHaveLength(13);
    for (const { name } of rows) {
      const { rowCount } = await client.query(`SELECT * FROM ${name} LIMIT 1`);
      expect(rowCount, name).toBe(1);
    }
  });
});

test('clients may come one after the other', async () => {
  for (let turn = 0; turn < 5; turn++) {
    expect(await connected(async (client) => (await client.query('SELECT $1::int AS n', [turn])).rows)).toEqual([
      { n: turn },
    ]);
  }
});

test('clients may come at once, each with its own transaction and settings', async () => {
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) =>
      connected(async (client) => {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        await client.query(`SET LOCAL application_name = 'client ${index}'`);
        const { rows } = await client.query<{ name: string; orders: number }>(
          "SELECT current_setting('application_name') AS name, (SELECT count(*)::int FROM sales.orders WHERE order_id > $1) AS orders",
          [index],
        );
        await client.query('COMMIT');
        return rows[0];
      }),
    ),
  );
  expect(answers).toEqual(answers.map((_, index) => ({ name: `client ${index}`, orders: 120 - index })));
});

test('the health check tells an open shop from a closed port', async () => {
  expect(await isOpen(warehouse.port)).toBe(true);
  expect(await isOpen(1)).toBe(false);
});

test('whoever comes before all is there finds no shop, never an empty one', async () => {
  const port = await freePort();
  const starting = startDemoWarehouse({ host: '127.0.0.1', port });
  // Without a pause: the time between a database that exists and one that is filled is a second at most.
  while (!(await isOpen(port)));
  const countViews = (as: pg.ClientConfig) =>
    connected(async (client) => (await client.query('SELECT count(*)::int AS count FROM pg_views')).rows[0], as);
  expect(await countViews({ port })).toEqual(await countViews({}));
  await (await starting)[Symbol.asyncDispose]();
});

test.each([{ password: 'wrong' }, { password: '' }, { user: 'somebody' }, { user: 'postgres' }])(
  'whoever does not know name and password is not let in: %o',
  async (as) => {
    await expect(connected(async () => undefined, as)).rejects.toThrow(/password|SASL/);
  },
);

test('the reader cannot change anything', async () => {
  await expect(connected((client) => client.query('DELETE FROM sales.orders'))).rejects.toThrow('permission denied');
});
