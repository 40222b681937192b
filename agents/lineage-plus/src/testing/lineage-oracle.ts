import type { Node } from 'libpg-query';
import { type InventoryRelation, readInventory } from '../postgres/read-inventory.ts';
import { readViewDefinitions } from '../postgres/read-view-definitions.ts';
import { openSourceSession, type SourceSession } from '../postgres/source-session.ts';
import type { PostgresConnection } from '../postgres-connection.ts';
import type { Column } from '../resolver/catalog.ts';
import type { Flow } from '../resolver/flow.ts';
import type { QueryText } from '../resolver/query-resolver.ts';
import { type QueryLineage, resolveQuery } from '../resolver/resolve-query.ts';
import { loadParser, parseQuery, parseStatements, toQuery } from '../sql/parse-query.ts';
import { readNodeTree } from './node-tree.ts';
import { viewTruth } from './view-truth.ts';

/** What PostgreSQL and we say about one view, in one of its texts. */
export interface ViewComparison {
  readonly view: string;
  /** The text as PostgreSQL prints it, or as somebody wrote it. */
  readonly text: QueryText;
  readonly sql: string;
  readonly issues: readonly string[];
  /** Sources of each column and, as `*`, of the rows: `schema.relation.column WAY+WAY`. */
  readonly sources: readonly {
    readonly column: string;
    readonly ours: readonly string[];
    readonly truth: readonly string[];
  }[];
  /** Sources that only one of the two knows, as `column: + source WAY` for ours and `column: - source WAY` for the truth. */
  readonly wrong: readonly string[];
  /** How many pairs of column and source, or of rows and source, the truth has. */
  readonly edges: number;
  /** Stored columns used, according to pg_depend and to us; only of relations that pg_depend covers. */
  readonly serverUses: ReadonlySet<string>;
  readonly ourReferences: ReadonlySet<string>;
}

// Below are the catalogs that initdb pins: pg_depend does not record what uses them.
const firstRecordedOid = 12_000;

/**
 * Compares every view of a database.
 * @param script the SQL that made them, to compare the views as written too
 * @param searchPath of the script
 */
export async function compareViews(
  connection: PostgresConnection,
  script = '',
  searchPath?: readonly string[],
): Promise<ViewComparison[]> {
  await loadParser();
  await using session = await openSourceSession(connection, 'lineage-oracle');
  const inventory = await readInventory(session, () => undefined);
  const server = await readServer(session, inventory.relations);
  const written = writtenQueries(script === '' ? 'SELECT 1' : script);
  const { catalog: writersCatalog } = searchPath
    ? await readInventory(session, () => undefined, searchPath)
    : inventory;
  const comparisons: ViewComparison[] = [];
  const views = inventory.relations.filter(({ relation }) => relation.kind.endsWith('view'));
  for await (const { view, sql = '' } of readViewDefinitions(session, views)) {
    const name = nameOf(view);
    const printed = resolveQuery(parseQuery(sql), inventory.catalog, 'printed');
    comparisons.push(server.compare(view, printed, 'printed', sql));
    const query = written.get(name);
    if (query !== undefined)
      comparisons.push(server.compare(view, resolveQuery(toQuery(query), writersCatalog), 'written', sql));
  }
  return comparisons;
}

/** Reads what PostgreSQL knows about its views. */
async function readServer(session: SourceSession, relations: readonly InventoryRelation[]) {
  const attributes = await session.rows<{ relation: number; number: number; name: string }>(
    'SELECT attrelid AS relation, attnum AS number, attname AS name FROM pg_attribute WHERE NOT attisdropped AND attnum > 0',
  );
  const rules = await session.rows<{ view: number; tree: string }>(
    "SELECT ev_class AS view, ev_action::text AS tree FROM pg_rewrite WHERE rulename = '_RETURN'",
  );
  const uses = await session.rows<{ view: number; relation: number; number: number }>(`
    SELECT DISTINCT r.ev_class AS view, d.refobjid AS relation, d.refobjsubid AS number
    FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND r.rulename = '_RETURN' AND d.refobjid <> r.ev_class
      AND (SELECT relkind FROM pg_class WHERE oid = d.refobjid) <> 'c'`);
  const relationOf = new Map(relations.map((entry) => [entry.oid, entry]));
  const oidOf = new Map(relations.map((entry) => [nameOf(entry), entry.oid]));
  const numbers = Map.groupBy(attributes, ({ relation }) => relation);
  const trees = new Map(rules.map(({ view, tree }) => [view, tree]));
  const usesOf = Map.groupBy(uses, ({ view }) => view);
  const columnNames = new Map(
    attributes.map(({ relation, number, name }) => {
      const owner = relationOf.get(relation);
      return [`${relation}.${number}`, owner === undefined ? '?' : `${nameOf(owner)}.${name}`];
    }),
  );
  const nameOfColumn = (column: string) => columnNames.get(column) ?? '?';
  const isRecorded = ({ relation }: Column) => (oidOf.get(nameOf({ relation })) ?? 0) >= firstRecordedOid;

  function compare(view: InventoryRelation, lineage: QueryLineage, text: QueryText, sql: string): ViewComparison {
    const tree = readNodeTree(trees.get(view.oid) ?? '');
    const truth = viewTruth(tree, (oid) => (numbers.get(oid) ?? []).map(({ number }) => number));
    const ours = lineage.columns.map(({ flow }) => entries(flow));
    const columns = truth.columns.map((flow, index) => ({
      column: view.relation.columns[index]?.name ?? '?',
      ours: ours[index] ?? [],
      truth: flow.entries(nameOfColumn),
    }));
    const rows = { column: '*', ours: entries(lineage.rows), truth: truth.rows.entries(nameOfColumn) };
    const sources = [...columns, rows];
    const used = usesOf.get(view.oid) ?? [];
    return {
      view: nameOf(view),
      text,
      sql,
      sources,
      wrong: sources.flatMap(differences),
      issues: lineage.issues.map(({ part, reason }) => `${part}: ${reason}`),
      edges: sources.reduce((count, { truth: right }) => count + right.length, 0),
      serverUses: new Set(used.map(({ relation, number }) => nameOfColumn(`${relation}.${number}`))),
      ourReferences: new Set([...lineage.references].filter(isRecorded).map(qualified)),
    };
  }

  return { compare };
}

function differences({ column, ours, truth }: ViewComparison['sources'][number]): string[] {
  const added = ours.filter((entry) => !truth.includes(entry)).map((entry) => `${column}: + ${entry}`);
  return [...added, ...truth.filter((entry) => !ours.includes(entry)).map((entry) => `${column}: - ${entry}`)];
}

/** The queries of all views that a script creates, by `schema.view`. */
function writtenQueries(script: string): Map<string, Extract<Node, { SelectStmt: unknown }>['SelectStmt']> {
  const found = parseStatements(script).flatMap((statement) => {
    const made = 'CreateTableAsStmt' in statement ? statement.CreateTableAsStmt : undefined;
    const [name, query] =
      'ViewStmt' in statement ? [statement.ViewStmt.view, statement.ViewStmt.query] : [made?.into?.rel, made?.query];
    if (name === undefined || query === undefined || !('SelectStmt' in query)) return [];
    return [[`${name.schemaname}.${name.relname}`, query.SelectStmt] as const];
  });
  return new Map(found);
}

function entries(flow: Flow): string[] {
  return [...flow.entries()].map(([column, ways]) => `${qualified(column)} ${[...ways].sort().join('+')}`).sort();
}

function qualified({ relation, name }: Column): string {
  return `${relation.schema}.${relation.name}.${name}`;
}

function nameOf({ relation }: Pick<InventoryRelation, 'relation'>): string {
  return `${relation.schema}.${relation.name}`;
}
