import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { skipReasons } from '../../../../script/lib/skip-reasons.ts';
import { type Inventory, readInventory } from '../postgres/read-inventory.ts';
import { readViewDefinitions, type ViewDefinition } from '../postgres/read-view-definitions.ts';
import { openSourceSession, type SourceSession } from '../postgres/source-session.ts';
import { Flow } from '../resolver/flow.ts';
import { loadParser } from '../sql/parse-query.ts';
import { hardViewsSql } from '../testing/hard-views.ts';
import { createTestDatabase, demoWarehouseSql, type TestDatabase } from '../testing/test-databases.ts';
import { selfCheck } from './self-check.ts';
import { lineageOf, type ViewLineage } from './view-lineage.ts';

const [{ url }] = inject('postgresServers');
const viewsSql = `
CREATE TABLE public.cust (id integer, email text, region text, tags text[]);
CREATE TABLE public.ord (id integer, cust integer, amount numeric, note text);
CREATE VIEW public.joined AS
  SELECT c.id, sum(o.amount) AS total FROM cust c JOIN ord o ON o.cust = c.id WHERE c.region <> 'x' GROUP BY c.id ORDER BY max(c.email);
CREATE VIEW public.inner_unused AS SELECT q.id FROM (SELECT id, note FROM ord) q;
CREATE VIEW public.cte_unused AS WITH a AS (SELECT id, note FROM ord), b AS (SELECT email FROM cust) SELECT a.id FROM a UNION SELECT 1;
CREATE VIEW public.exists_output AS SELECT id FROM cust WHERE EXISTS (SELECT o.note FROM ord o);
CREATE VIEW public.lateral_unused AS SELECT c.id FROM cust c, LATERAL (SELECT o.note, c.email FROM ord o) l;
CREATE VIEW public.window_unused AS SELECT id FROM ord WINDOW w AS (PARTITION BY note);
CREATE VIEW public.function_unused AS SELECT c.id FROM cust c LEFT JOIN lower(c.email) f(x) ON true;
CREATE VIEW public.recursive_unused AS WITH RECURSIVE t AS (
  SELECT id, email FROM cust UNION ALL SELECT t.id, t.email FROM t JOIN ord ON ord.cust = t.id) SELECT id FROM t;
`;

let database: TestDatabase;
let definitions: ViewDefinition[];
let inventory: Inventory;
let session: SourceSession;

async function read(session: SourceSession) {
  const known = await readInventory(session, () => undefined);
  const views = known.relations.filter(({ relation, isSystem }) => !isSystem && relation.kind.endsWith('view'));
  const found: ViewDefinition[] = [];
  for await (const definition of readViewDefinitions(session, views)) found.push(definition);
  return { found, inventory: known };
}

beforeAll(async () => {
  await loadParser();
  database = await createTestDatabase(url, demoWarehouseSql + hardViewsSql + viewsSql);
  session = await openSourceSession(database.connection, 'self-check-test');
  ({ found: definitions, inventory } = await read(session));
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function definitionOf(name: string): ViewDefinition {
  const found = definitions.find(({ view }) => view.relation.name === name);
  if (found === undefined) throw new Error(`no view ${name}`);
  return found;
}

/** The lineage with one source taken out everywhere, as a fault of ours would. */
function without(lineage: ViewLineage, name: string): ViewLineage {
  const kept = (flow: Flow) => Flow.union([...flow.columns()].filter((column) => column.name !== name).map(Flow.of));
  return {
    ...lineage,
    columns: lineage.columns.map(({ column, flow }) => ({ column, flow: kept(flow) })),
    rows: lineage.rows && kept(lineage.rows),
  };
}

test.each(['id', 'amount', 'cust', 'region', 'email'])('an omission of "%s" is found and named', async (column) => {
  const definition = definitionOf('joined');
  const [issue, ...more] = await check(definition, without(lineageOf(definition, inventory.catalog), column));
  expect(issue).toMatch(new RegExp(`^self-check: .*"public\\.(cust|ord)\\.${column}".*, which no edge shows$`));
  expect(more).toEqual([]);
});

test('an omission of a whole table is found', async () => {
  const definition = definitionOf('joined');
  const { relations, ...lineage } = without(lineageOf(definition, inventory.catalog), 'amount');
  const kept = new Set([...relations].filter(({ name }) => name !== 'ord'));
  expect(await check(definition, { ...lineage, relations: kept })).toHaveLength(1);
});

test('what a view does not need is no omission: nothing is reported of views that are understood', async () => {
  expect(definitions.length).toBeGreaterThan(60);
  expect(await differencesOf(definitions, inventory, session)).toEqual([]);
});

test('an output that nothing outside asks for does not hide what is missing beside it', async () => {
  const definition = definitionOf('inner_unused');
  const issues = await check(definition, without(lineageOf(definition, inventory.catalog), 'id'));
  expect(issues).toEqual([expect.stringContaining('uses "public.ord.id", which')]);
});

test('a name that the inventory does not know is told as changed meanwhile', async () => {
  const definition = definitionOf('joined');
  const uses = definition.uses.map((use) => (use.column === 'amount' ? { ...use, column: 'price' } : use));
  const issues = await check({ ...definition, uses }, lineageOf(definition, inventory.catalog));
  expect(issues.at(-1)).toMatch(/"public\.ord\.price".*renamed while the run/);
});

const corpora = join(import.meta.dirname, '../../../../../shared/corpora/lineage-views');

test.skipIf(!existsSync(corpora)).each(['hard.sql', 'from-bug-reports.sql'])(
  'the views of %s raise no false alarm',
  { meta: { skipReason: existsSync(corpora) ? undefined : skipReasons.noCorpora } },
  async (file) => {
    await using server = await createTestDatabase(url, readFileSync(join(corpora, file), 'utf8'));
    await using other = await openSourceSession(server.connection, 'self-check-test');
    const { found, inventory: known } = await read(other);
    expect(found.length).toBeGreaterThan(30);
    expect(await differencesOf(found, known, other)).toEqual([]);
  },
);

test('the views made to be nasty raise no false alarm', async () => {
  const sql = readFileSync(join(import.meta.dirname, '../testing/nasty-views.sql'), 'utf8');
  await using embedded = await createTestDatabase(url, sql);
  await using other = await openSourceSession(embedded.connection, 'self-check-test');
  const { found, inventory: known } = await read(other);
  expect(found.length).toBeGreaterThan(250);
  expect(await differencesOf(found, known, other)).toEqual([]);
});

function check(definition: ViewDefinition, lineage: ViewLineage): Promise<string[]> {
  return selfCheck(definition, lineage, inventory, session);
}

async function differencesOf(some: readonly ViewDefinition[], known: Inventory, reader: SourceSession) {
  const issues: string[] = [];
  for (const definition of some) {
    const differences = await selfCheck(definition, lineageOf(definition, known.catalog), known, reader);
    issues.push(...differences.map((issue) => `${definition.view.relation.name}: ${issue}`));
  }
  return issues;
}
