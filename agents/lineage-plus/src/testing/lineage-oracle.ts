import type pg from 'pg';
import { resolveView, type ViewLineage } from '../graph/view-lineage.ts';
import { type InventoryRelation, readInventory } from '../postgres/read-inventory.ts';
import { readViewDefinitions } from '../postgres/read-view-definitions.ts';
import { openSourceSession } from '../postgres/source-session.ts';
import type { PostgresConnection } from '../postgres-connection.ts';
import type { Column } from '../resolver/catalog.ts';
import { resolveQuery } from '../resolver/resolve-query.ts';
import { loadParser, parseQuery } from '../sql/parse-query.ts';

/** What PostgreSQL and we say about one view. Columns are `schema.relation.column`. */
export interface ViewComparison {
  readonly view: string;
  readonly isSystem: boolean;
  readonly sql: string;
  readonly issues: readonly string[];
  /** Per output column: the stored column it is, according to PostgreSQL's row description and to us; '' for none. */
  readonly identities: readonly { readonly column: string; readonly server: string; readonly ours: string }[];
  /** Stored columns used, according to pg_depend and to us; only of relations that pg_depend covers. */
  readonly serverUses: ReadonlySet<string>;
  readonly ourReferences: ReadonlySet<string>;
  /** Sources of all our edges into the view. */
  readonly ourSources: ReadonlySet<string>;
  readonly ourWholeRows: ReadonlySet<string>;
}

// Below are the catalogs that initdb pins: pg_depend does not record what uses them.
const firstRecordedOid = 12_000;

/** Compares every view of a database. */
export async function compareViews(connection: PostgresConnection): Promise<ViewComparison[]> {
  await loadParser();
  await using session = await openSourceSession(connection, 'lineage-oracle');
  const inventory = await readInventory(session, () => undefined);
  const attributes = await session.rows<{ relation: number; number: number; name: string }>(
    'SELECT attrelid AS relation, attnum AS number, attname AS name FROM pg_attribute WHERE NOT attisdropped',
  );
  const entries = new Map(inventory.relations.map((entry) => [entry.oid, entry]));
  const columnNames = new Map<string, string>();
  for (const { relation, number, name } of attributes) {
    const owner = entries.get(relation)?.relation;
    if (owner !== undefined && number > 0)
      columnNames.set(`${relation} ${number}`, `${owner.schema}.${owner.name}.${name}`);
  }
  const uses = await session.rows<{ view: number; relation: number; number: number }>(`
    SELECT DISTINCT r.ev_class AS view, d.refobjid AS relation, d.refobjsubid AS number
    FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND (SELECT relkind FROM pg_class WHERE oid = d.refobjid) <> 'c' AND r.rulename = '_RETURN' AND d.refobjid <> r.ev_class`);
  const usesByView = Map.groupBy(uses, ({ view }) => view);
  const oids = new Map(inventory.relations.map(({ relation, oid }) => [relation, oid]));
  const isRecorded = (column: Column) => (oids.get(column.relation) ?? 0) >= firstRecordedOid;

  const views = inventory.relations.filter(({ relation }) => relation.kind.endsWith('view'));
  const comparisons: ViewComparison[] = [];
  for await (const { view, sql = '' } of readViewDefinitions(session, views)) {
    const lineage = resolveView(view.relation, sql, inventory.catalog);
    const { references, wholeRowColumns } = resolveQuery(parseQuery(sql), inventory.catalog);
    const fields = await describe(session, sql);
    comparisons.push({
      view: nameOf(view),
      isSystem: view.isSystem,
      sql,
      issues: lineage.issues,
      identities: view.relation.columns.map((column, index) => ({
        column: column.name,
        server: columnNames.get(`${fields[index]?.tableID} ${fields[index]?.columnID}`) ?? '',
        ours: identity(lineage, column),
      })),
      serverUses: new Set(
        (usesByView.get(view.oid) ?? []).map(({ relation, number }) => columnNames.get(`${relation} ${number}`) ?? '?'),
      ),
      ourReferences: new Set([...references].filter(isRecorded).map(qualified)),
      ourSources: new Set(sources(lineage).filter(isRecorded).map(qualified)),
      ourWholeRows: new Set([...wholeRowColumns].filter(isRecorded).map(qualified)),
    });
  }
  return comparisons;
}

type Session = Awaited<ReturnType<typeof openSourceSession>>;

async function describe(session: Session, sql: string): Promise<pg.FieldDef[]> {
  const body = sql.trim().replace(/;$/, '');
  return session.fields(`SELECT * FROM (${body}\n) AS described LIMIT 0`);
}

function identity(lineage: ViewLineage, column: Column): string {
  const flow = lineage.columns.find((entry) => entry.column === column)?.flow;
  const direct = [...(flow?.entries() ?? [])].filter(([, ways]) =>
    ways.some((way) => ['IDENTITY', 'TRANSFORMATION', 'AGGREGATION'].includes(way)),
  );
  const identities = direct.filter(([, ways]) => ways.includes('IDENTITY'));
  return identities
    .map(([source]) => qualified(source))
    .sort()
    .join(' | ');
}

function sources(lineage: ViewLineage): Column[] {
  return [...lineage.columns.flatMap(({ flow }) => [...flow.columns()]), ...(lineage.rows?.columns() ?? [])];
}

function qualified({ relation, name }: Column): string {
  return `${relation.schema}.${relation.name}.${name}`;
}

function nameOf({ relation }: InventoryRelation): string {
  return `${relation.schema}.${relation.name}`;
}
