import { Catalog, type Column, type Relation, type RelationKind } from '../resolver/catalog.ts';
import type { SourceReader, SourceSession } from './source-session.ts';

/** What a database holds. Relations stand in the order of schema and name, so that all output does. */
export interface Inventory {
  readonly catalog: Catalog;
  readonly relations: readonly InventoryRelation[];
  readonly relationOf: ReadonlyMap<number, Relation>;
}

export interface InventoryRelation {
  readonly oid: number;
  readonly relation: Relation;
  /** Schema of PostgreSQL's own: known to the resolver, reported only where a view reads it. */
  readonly isSystem: boolean;
  /** `schema.name` of the partitioned table that this one is a part of. */
  readonly partitionOf: string | undefined;
  /** Of a view only. */
  readonly rule: ViewRule | undefined;
}

/** What the catalog says of a view without its text being read, which would lock what it reads. */
export interface ViewRule {
  /** Another one once the view was replaced. */
  readonly version: string;
  /** Ids of the relations that reading its text locks beside itself, as far as pg_depend records them. */
  readonly relations: readonly number[];
  /** Size on the server's disk: about that of the text. */
  readonly bytes: number;
}

const kinds: Record<string, RelationKind> = {
  r: 'table',
  p: 'partitioned table',
  f: 'foreign table',
  v: 'view',
  m: 'materialized view',
};
const relationsPerPage = 2_000;

/**
 * Reads tables, views and columns of all schemas but temporary ones, in one snapshot of the catalogs; needs no right but
 * CONNECT and locks nothing of the customer's.
 */
export function readInventory(
  session: SourceSession,
  onProgress: (done: number, total: number) => void,
): Promise<Inventory> {
  return session.snapshot((reader) => readFrom(reader, onProgress));
}

async function readFrom(session: SourceReader, onProgress: (done: number, total: number) => void): Promise<Inventory> {
  const rows = await session.rows<RelationRow>(relationsSql);
  const relations: InventoryRelation[] = [];
  for (let start = 0; start < rows.length; start += relationsPerPage) {
    const page = rows.slice(start, start + relationsPerPage);
    const oids = [page.map(({ oid }) => oid)];
    const columns = await session.rows<ColumnRow>(columnsSql, oids);
    const byRelation = Map.groupBy(columns, ({ oid }) => oid);
    const rules = new Map((await session.rows<RuleRow>(rulesSql, oids)).map((rule) => [rule.oid, rule]));
    relations.push(...page.map((row) => toRelation(row, byRelation.get(row.oid) ?? [], rules.get(row.oid))));
    onProgress(relations.length, rows.length);
  }
  const aggregates = await session.rows<{ name: string }>(aggregatesSql);
  const catalog = new Catalog(
    relations.map(({ relation }) => relation),
    ['pg_catalog'],
    new Set(aggregates.map(({ name }) => name)),
  );
  return { catalog, relations, relationOf: new Map(relations.map(({ oid, relation }) => [oid, relation])) };
}

interface RelationRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly partition_of: string | null;
}

interface ColumnRow {
  readonly oid: number;
  readonly name: string;
  readonly type: string;
}

interface RuleRow extends ViewRule {
  readonly oid: number;
}

// COLLATE "C", so that the order does not depend on the database's language.
const relationsSql = `
  SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
    CASE WHEN c.relispartition THEN
      (SELECT pn.nspname || '.' || p.relname FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
       JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid)
    END AS partition_of
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname !~ '^pg_(temp|toast)'
  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

const columnsSql = `
  SELECT attrelid AS oid, attname AS name, format_type(atttypid, atttypmod) AS type
  FROM pg_attribute WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped
  ORDER BY attrelid, attnum`;

// The planner must not be left to guess here: LATERAL makes it go from view to view by the indexes of pg_depend.
const rulesSql = `
  SELECT r.ev_class AS oid, r.xmin::text AS version, pg_column_size(r.ev_action) AS bytes, used.relations
  FROM pg_rewrite r, LATERAL (
    SELECT coalesce(array_agg(DISTINCT d.refobjid), '{}') AS relations FROM pg_depend d
    WHERE d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
      AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
  ) used
  WHERE r.ev_class = ANY ($1::oid[]) AND r.rulename = '_RETURN'`;

const aggregatesSql = `
  SELECT n.nspname || '.' || p.proname AS name
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind = 'a'`;

function toRelation(row: RelationRow, columnRows: readonly ColumnRow[], rule?: ViewRule): InventoryRelation {
  const columns: Column[] = [];
  const relation: Relation = { schema: row.schema, name: row.name, kind: kinds[row.kind] ?? 'table', columns };
  for (const [index, { name, type }] of columnRows.entries())
    columns.push({ relation, name, type, ordinal: index + 1 });
  return {
    oid: row.oid,
    relation,
    isSystem: row.schema === 'information_schema' || row.schema.startsWith('pg_'),
    partitionOf: row.partition_of ?? undefined,
    rule,
  };
}
