import type {
  LineageColumn,
  LineageNeighbourhoodEdge,
  LineageNodeType,
  LineageTable,
  LineageWay,
} from '@bigeye/contracts';
import { lineageLimits } from '@bigeye/contracts';
import { sql } from 'kysely';
import type { Db } from '../db/tables.ts';
import type { Candidate, End, LineageReads } from './choose-tables.ts';

const bounds = lineageLimits.neighbourhood;

export const tableTypes: ReadonlySet<LineageNodeType> = new Set(['TABLE', 'VIEW', 'MATERIALIZED_VIEW']);
const isTable = (alias: string) => sql<boolean>`${sql.ref(`${alias}.type`)} = any(${[...tableTypes]}::text[])`;

/** Of an edge `e`: where a walk this way stands, and where it goes. */
const alongEdge = (way: LineageWay) =>
  way === 'UPSTREAM'
    ? ([sql.ref('e.downstream_id'), sql.ref('e.upstream_id')] as const)
    : ([sql.ref('e.upstream_id'), sql.ref('e.downstream_id')] as const);

/** Rows (id, table_id): the tables themselves and their columns, which is where edges end. */
const endsIn = (tables: number[]) => sql`
  select id, id as table_id from unnest(${tables}::integer[]) as id
  union all
  select id, container_id from lineage_nodes where container_id = any(${tables}::integer[]) and type = 'COLUMN'`;

/** `t`: the table of node `n`, or `n` where it is one. */
const joinTable = sql`
  join lineage_nodes t on t.id = case when n.type = 'COLUMN' then n.container_id else n.id end and ${isTable('t')}`;

/** Rows (table_id, other_id, edges, transformations): the tables one step from each of `tables`. */
export const pairsOf = (way: LineageWay, tables: number[]) => {
  const [from, to] = alongEdge(way);
  return sql`
    select ends.table_id, t.id as other_id, count(*)::integer as edges, '[]'::jsonb as transformations
    from (${endsIn(tables)}) as ends
    join lineage_edges e on ${from} = ends.id join lineage_nodes n on n.id = ${to} ${joinTable}
    where t.id <> ends.table_id group by ends.table_id, t.id`;
};

/** Rows (other_id, edges, transformations): what the edges of exactly this node lead to. */
export const edgesOf = (way: LineageWay, nodeId: number) => {
  const [from, to] = alongEdge(way);
  return sql`
    select distinct on (${to}) ${to} as other_id, 1 as edges, e.transformations
    from lineage_edges e where ${from} = ${nodeId} order by ${to}, e.repository_id`;
};

/** The statements behind a neighbourhood. Each works on a set, never on one table at a time. */
export function createLineageReads(db: Db) {
  return {
    async candidates(way: LineageWay, of: Map<number, number>, shown: Iterable<number>): Promise<Candidate[]> {
      const ids = [...of.keys()];
      const { rows } = await sql<Candidate>`
        with ranked as (
          select table_id, other_id, row_number() over (partition by table_id order by edges desc, other_id) as rank
          from (${pairsOf(way, ids)}) as pairs where not (other_id = any(${[...shown]}::integer[])))
        select table_id as "tableId", other_id as "otherId", rank::integer
        from ranked join unnest(${ids}::integer[], ${[...of.values()]}::integer[]) with ordinality
          as wanted (id, most, place) on wanted.id = ranked.table_id
        where rank <= most order by rank, place`.execute(db);
      return rows;
    },

    async endsOf(way: LineageWay, columns: number[]): Promise<End[]> {
      const [from, to] = alongEdge(way);
      const { rows } = await sql<End>`
        select distinct n.id, n.type = 'COLUMN' as "isColumn", t.id as "tableId"
        from lineage_edges e join lineage_nodes n on n.id = ${to} ${joinTable}
        where ${from} = any(${columns}::integer[]) order by n.id`.execute(db);
      return rows;
    },

    async existing(tables: number[]): Promise<number[]> {
      const { rows } = await sql<{ id: number }>`
        select n.id from lineage_nodes n join unnest(${tables}::integer[]) with ordinality as wanted (id, place)
          on wanted.id = n.id where ${isTable('n')} order by place`.execute(db);
      return rows.map(({ id }) => id);
    },

    /** With the numbers of their columns and neighbours, in the order of `ids`. */
    async tables(ids: number[]): Promise<LineageTable[]> {
      const side = (way: LineageWay) => sql`
        select table_id, count(*)::integer as tables,
          (count(*) filter (where not (other_id = any(${ids}::integer[]))))::integer as left_out
        from (${pairsOf(way, ids)}) as pairs group by table_id`;
      const sideOf = (alias: string) =>
        sql`json_build_object('tables', coalesce(${sql.ref(`${alias}.tables`)}, 0),
          'leftOut', coalesce(${sql.ref(`${alias}.left_out`)}, 0))`;
      const { rows } = await sql<LineageTable>`
        select n.id, n.name, n.type, n.path, r.name as repository,
          (select count(*)::integer from lineage_nodes c where c.container_id = n.id and c.type = 'COLUMN') as columns,
          ${sideOf('up')} as upstream, ${sideOf('down')} as downstream
        from unnest(${ids}::integer[]) with ordinality as wanted (id, place)
        join lineage_nodes n on n.id = wanted.id join lineage_repositories r on r.id = n.repository_id
        left join (${side('UPSTREAM')}) as up on up.table_id = n.id
        left join (${side('DOWNSTREAM')}) as down on down.table_id = n.id
        order by place`.execute(db);
      return rows;
    },

    /** Columns of the opened tables and of the path, as far as their tables are among `tables`; by table, in their order. */
    async columns(tables: number[], opened: number[], path: number[]): Promise<LineageColumn[]> {
      if (opened.length === 0 && path.length === 0) return [];
      const { rows } = await sql<LineageColumn & { dataType: string | null; ordinal: number }>`
        select id, container_id as "tableId", name, attributes ->> 'dataType' as "dataType", ordinal from (
          select *, row_number() over (partition by container_id order by is_of_path desc, ordinal, id) as place from (
            select id, container_id, name, attributes, id = any(${path}::integer[]) as is_of_path,
              case when attributes ->> 'ordinal' ~ '^[0-9]{1,9}$' then (attributes ->> 'ordinal')::integer else 0 end as ordinal
            from lineage_nodes
            where type = 'COLUMN' and (container_id = any(${opened}::integer[])
              or (id = any(${path}::integer[]) and container_id = any(${tables}::integer[])))) as found) as placed
        where place <= ${bounds.columnsOfTable}
        order by is_of_path desc, place, container_id limit ${bounds.columns}`.execute(db);
      const placeOf = new Map(tables.map((id, place) => [id, place]));
      const place = ({ tableId }: LineageColumn) => placeOf.get(tableId) ?? 0;
      return rows
        .sort((a, b) => place(a) - place(b) || a.ordinal - b.ordinal || a.id - b.id)
        .map(({ ordinal: _, dataType, ...column }) => ({ ...column, ...(dataType === null ? {} : { dataType }) }));
    },

    /** Edges between tables, at the finest ends that are drawn; the nearest to the beginning of `tables` first. */
    async edges(tables: number[], columns: number[]): Promise<{ edges: LineageNeighbourhoodEdge[]; leftOut: number }> {
      const { rows } = await sql<LineageNeighbourhoodEdge & { total: number }>`
        with ends as (
          select ends.id, ends.table_id, wanted.place,
            case when ends.id = any(${columns}::integer[]) then ends.id else ends.table_id end as drawn_at
          from (${endsIn(tables)}) as ends
          join unnest(${tables}::integer[]) with ordinality as wanted (id, place) on wanted.id = ends.table_id),
        drawn as (
          select u.drawn_at as upstream_id, d.drawn_at as downstream_id, u.table_id as upstream_table,
            d.table_id as downstream_table, greatest(u.place, d.place) as place,
            u.id <> u.table_id or d.id <> d.table_id as is_fine,
            e.transformations <> '[]' and not e.transformations @> '[{"type":"DIRECT"}]' as indirect
          from lineage_edges e join ends u on u.id = e.upstream_id join ends d on d.id = e.downstream_id
          where u.table_id <> d.table_id),
        told as (
          select *, bool_or(is_fine) over (partition by upstream_table, downstream_table) as any_fine from drawn)
        select upstream_id as "upstreamId", downstream_id as "downstreamId", bool_and(indirect) as indirect,
          count(*)::integer as count, (count(*) over ())::integer as total
        from told
        -- An edge of whole tables says nothing where finer ones tell the same.
        where is_fine or not any_fine
        group by place, upstream_id, downstream_id order by place, upstream_id, downstream_id limit ${bounds.edges}`.execute(
        db,
      );
      return { edges: rows.map(({ total: _, ...edge }) => edge), leftOut: (rows[0]?.total ?? 0) - rows.length };
    },
  } satisfies LineageReads & Record<string, unknown>;
}
