import { type LineageNeighbourhoodQuery, type LineageWay, lineageLimits } from '@bigeye/contracts';

const bounds = lineageLimits.neighbourhood;
const ways = ['UPSTREAM', 'DOWNSTREAM'] as const;

/** One of many neighbours of `tableId`: number `rank` by its edges, of those that were not in `shown`. */
export interface Candidate {
  tableId: number;
  otherId: number;
  rank: number;
}
/** A node at the other end of a column's edges; `tableId` is null for a column of nothing. */
export interface End {
  id: number;
  isColumn: boolean;
  tableId: number | null;
}

export interface LineageReads {
  /** The best neighbours, `limit` for each table, without what is shown already; the best of all tables first. */
  candidates(way: LineageWay, of: Map<number, number>, shown: Iterable<number>): Promise<Candidate[]>;
  endsOf(way: LineageWay, columns: number[]): Promise<End[]>;
  /** Those of the ids that are tables. */
  existing(tables: number[]): Promise<number[]>;
}

export interface ChosenColumn {
  id: number;
  tableId: number;
}

/** What of the lineage a reply holds. */
export interface Choice {
  tables: Set<number>;
  pathColumns: Set<number>;
  pathLeftOut: number;
}

/**
 * The tables of a neighbourhood, in the order in which they count: the root, the path of a column, those asked for by
 * id, then step by step as long as there is room, and at last what was asked for around single tables. One query a step.
 */
export async function chooseTables(
  reads: LineageReads,
  rootId: number,
  column: ChosenColumn | undefined,
  query: LineageNeighbourhoodQuery,
): Promise<Choice> {
  const tables = new Set([rootId]);
  const room = (limit: number) => limit - tables.size;
  const path = column ? await followColumn(reads, column, query) : nothing;
  const wanted = idsOf(query.with);
  for (const id of [...path.tables, ...(wanted.length > 0 ? await reads.existing(wanted) : [])])
    if (room(bounds.tables) > 0) tables.add(id);

  const fronts: Record<LineageWay, number[]> = { UPSTREAM: [rootId], DOWNSTREAM: [rootId] };
  const steps: Record<LineageWay, number> = { UPSTREAM: query.upstream, DOWNSTREAM: query.downstream };
  // What was shown before has been reached by no step, and is to be walked on from when one does.
  const reached: Record<LineageWay, Set<number>> = { UPSTREAM: new Set([rootId]), DOWNSTREAM: new Set([rootId]) };
  for (let step = 0; room(query.tables) > 0; step++) {
    const open = ways.filter((way) => step < steps[way] && fronts[way].length > 0);
    if (open.length === 0) break;
    const found = await Promise.all(
      open.map(async (way) =>
        (await reads.candidates(way, new Map(fronts[way].map((id) => [id, query.fan])), reached[way])).map((one) => ({
          ...one,
          way,
        })),
      ),
    );
    for (const way of open) fronts[way] = [];
    // The best of every table before the second of any: a hub must not take all the room.
    for (const { otherId, way } of found.flat().sort((a, b) => a.rank - b.rank)) {
      if (reached[way].has(otherId) || (!tables.has(otherId) && room(query.tables) <= 0)) continue;
      tables.add(otherId);
      reached[way].add(otherId);
      fronts[way].push(otherId);
    }
  }
  await addAround(reads, moreOf(query.more), tables);
  return { tables, pathColumns: path.columns, pathLeftOut: path.leftOut };
}

/** Adds neighbours of single tables. One may be shown only because of another, so it goes on as long as that helps. */
async function addAround(reads: LineageReads, more: More[], tables: Set<number>): Promise<void> {
  for (let left = more; left.length > 0; ) {
    const now = left.filter(({ id }) => tables.has(id));
    if (now.length === 0) return;
    left = left.filter(({ id }) => !tables.has(id));
    for (const way of ways) {
      const of = new Map(now.filter((one) => one.way === way).map(({ id, count }) => [id, count]));
      if (of.size === 0) continue;
      for (const { otherId } of await reads.candidates(way, of, tables))
        if (tables.size < bounds.tables) tables.add(otherId);
    }
  }
}

const nothing = { tables: new Set<number>(), columns: new Set<number>(), leftOut: 0 };

/**
 * The columns that one comes from and goes to, and the tables that these are in, nearest first. A table whose rows it
 * decides is an end: what lies beyond comes from other columns too.
 */
async function followColumn(
  reads: LineageReads,
  column: ChosenColumn,
  { upstream, downstream }: LineageNeighbourhoodQuery,
): Promise<typeof nothing> {
  const path = { tables: new Set([column.tableId]), columns: new Set([column.id]), leftOut: 0 };
  for (const [way, steps] of [
    ['UPSTREAM', upstream],
    ['DOWNSTREAM', downstream],
  ] as const) {
    const seen = new Set([column.id]);
    let front = [column.id];
    for (let step = 0; step < steps && front.length > 0; step++) {
      const ends = (await reads.endsOf(way, front)).filter(({ id }) => !seen.has(id));
      front = [];
      for (const { id, isColumn, tableId } of ends) {
        if (tableId === null) continue;
        if (seen.size > bounds.pathColumnsAWay) {
          path.leftOut++;
          continue;
        }
        seen.add(id);
        path.tables.add(tableId);
        if (!isColumn) continue;
        path.columns.add(id);
        front.push(id);
      }
    }
  }
  return path;
}

/** Larger numbers are ids of nothing, and the database has no place for them. */
const largestId = 2_147_483_647;

/** `12,13` as numbers. */
export const idsOf = (list: string): number[] =>
  list === '' ? [] : list.split(',').flatMap((text) => (Number(text) <= largestId ? [Number(text)] : []));

interface More {
  id: number;
  way: LineageWay;
  count: number;
}

/** `12u20,13d5` as numbers. */
const moreOf = (list: string): More[] =>
  (list === '' ? [] : list.split(',')).map((one) => {
    const [id, count] = one.split(/[ud]/);
    return { id: Number(id), way: one.includes('u') ? 'UPSTREAM' : 'DOWNSTREAM', count: Number(count) };
  });
