import type { InventoryRelation } from './read-inventory.ts';
import { SourceFailure } from './source-failure.ts';
import type { SourceSession } from './source-session.ts';
import { locksOf, viewPages } from './view-pages.ts';

/** One view as it was at the time of its page, which is after the inventory. */
export interface ViewDefinition {
  readonly view: InventoryRelation;
  /** The SELECT as PostgreSQL prints it; undefined where it could not be had or is not that of the inventory. */
  readonly sql: string | undefined;
  /** Why there is no `sql`. */
  readonly fault: ViewFault | undefined;
  /** Stored columns that the view uses according to PostgreSQL, as `pg_depend` records them: none of the system's. */
  readonly uses: readonly ColumnUse[];
}

export interface ViewFault {
  readonly code: 'VIEW_NOT_READ' | 'VIEW_CHANGED';
  readonly message: string;
}

/** Ids are those of the inventory; the column's name is that at the time of the page. */
export interface ColumnUse {
  readonly relation: number;
  readonly column: string;
}

/**
 * Reads the SQL of views page by page, each in a transaction of its own. Views that cannot be read, for example because a
 * migration has a table locked, do not end it: they come last, are tried once more, and have a `fault` if that fails too.
 * Throws SourceFailure when the connection itself is lost.
 */
export async function* readViewDefinitions(
  session: SourceSession,
  views: readonly InventoryRelation[],
): AsyncGenerator<ViewDefinition> {
  const reading = { session, locked: new Set<number>(), later: [] as InventoryRelation[] };
  yield* readPages(views, reading);
  if (reading.later.length === 0) return;
  const failed: ViewDefinition[] = [];
  const again = {
    session,
    locked: await lockedRelations(session),
    later: [] as InventoryRelation[],
    giveUp: (view: InventoryRelation, why: string) => failed.push(faulty(view, 'VIEW_NOT_READ', why)),
  };
  yield* readPages(reading.later, again);
  yield* failed;
}

interface Reading {
  readonly session: SourceSession;
  /** What others have locked, as far as we ran into it. Views of it are not tried, so that each lock is waited for once. */
  locked: Set<number>;
  readonly later: InventoryRelation[];
  /** On the second and last attempt. */
  readonly giveUp?: (view: InventoryRelation, why: string) => void;
}

/** While the views of one page are worked on, the next page is read. */
async function* readPages(views: readonly InventoryRelation[], reading: Reading): AsyncGenerator<ViewDefinition> {
  let ahead: Promise<Attempt> | undefined;
  for (const page of viewPages(views)) {
    const current = ahead;
    ahead = attempt(page, reading);
    if (current !== undefined) yield* outcome(await current, reading);
  }
  if (ahead !== undefined) yield* outcome(await ahead, reading);
}

interface Attempt {
  readonly page: readonly InventoryRelation[];
  readonly definitions: readonly ViewDefinition[];
  readonly error?: unknown;
}

/** Never rejects: it is begun ahead, and if the caller has left by then nobody would handle the rejection. */
async function attempt(page: readonly InventoryRelation[], reading: Reading): Promise<Attempt> {
  const isLocked = (view: InventoryRelation) => locksOf(view).some((id) => reading.locked.has(id));
  for (const view of page.filter(isLocked)) putOff(view, lockedReason, reading);
  const free = page.filter((view) => !isLocked(view));
  if (free.length === 0) return { page: free, definitions: [] };
  try {
    return { page: free, definitions: await readNow(free, reading.session) };
  } catch (error) {
    return { page: free, definitions: [], error };
  }
}

async function* outcome({ page, definitions, error }: Attempt, reading: Reading): AsyncGenerator<ViewDefinition> {
  if (error === undefined) yield* definitions;
  else if (error instanceof SourceFailure && error.isOfStatement) yield* readWithout(error, page, reading);
  else throw error;
}

/** Some view of the page made the statement fail, and PostgreSQL does not say which one. */
async function* readWithout(
  error: SourceFailure,
  page: readonly InventoryRelation[],
  reading: Reading,
): AsyncGenerator<ViewDefinition> {
  if (error.code === 'SOURCE_LOCKED') reading.locked = await lockedRelations(reading.session);
  const [first] = page;
  if (page.length === 1 && first !== undefined) {
    putOff(first, `its text cannot be read: ${error.message} ${error.remedy}`, reading);
    return;
  }
  const half = Math.ceil(page.length / 2);
  for (const part of [page.slice(0, half), page.slice(half)]) yield* outcome(await attempt(part, reading), reading);
}

const lockedReason =
  'another session had a table that it reads, or the view itself, locked (SOURCE_LOCKED), probably a migration; run again when that is over';

function putOff(view: InventoryRelation, why: string, { later, giveUp }: Reading): void {
  if (giveUp === undefined) later.push(view);
  else giveUp(view, why);
}

/** Tables locked so that nobody can read them, and those for which somebody waits for such a lock: readers queue up behind. */
async function lockedRelations(session: SourceSession): Promise<Set<number>> {
  const rows = await session.rows<{ relation: number }>(`
    SELECT DISTINCT relation FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
  return new Set(rows.map(({ relation }) => relation));
}

interface DefinitionRow {
  readonly oid: number;
  readonly version: string | null;
  readonly sql: string | null;
  readonly uses: readonly [relation: number, column: string][] | null;
}

async function readNow(views: readonly InventoryRelation[], session: SourceSession): Promise<ViewDefinition[]> {
  const rows = await session.brief<DefinitionRow>(definitionsSql(views.map(({ oid }) => oid)));
  const byOid = new Map(rows.map((row) => [row.oid, row]));
  return views.map((view) => toDefinition(view, byOid.get(view.oid)));
}

function toDefinition(view: InventoryRelation, row: DefinitionRow | undefined): ViewDefinition {
  if (row === undefined || row.sql === null || row.version === null)
    return faulty(view, 'VIEW_CHANGED', 'the view was dropped while the run read it');
  // Its columns in the inventory may be those of the old text; by position, that would make wrong edges.
  if (view.rule !== undefined && row.version !== view.rule.version)
    return faulty(view, 'VIEW_CHANGED', 'the view was replaced while the run read it; the next run has it');
  const uses = (row.uses ?? []).map(([relation, column]) => ({ relation, column }));
  return { view, sql: row.sql, fault: undefined, uses };
}

function faulty(view: InventoryRelation, code: ViewFault['code'], message: string): ViewDefinition {
  return { view, sql: undefined, fault: { code, message }, uses: [] };
}

/** Few joins, because it is planned for each page; names of relations are known by their ids. */
function definitionsSql(oids: readonly number[]): string {
  return `
    SELECT v.oid, r.xmin::text AS version, pg_get_viewdef(v.oid) AS sql, (
      SELECT json_agg(json_build_array(d.refobjid::bigint, a.attname) ORDER BY d.refobjid, d.refobjsubid)
      FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
        AND d.refobjsubid > 0 AND d.refobjid <> v.oid
    ) AS uses
    FROM unnest('{${oids.map(Number).join(',')}}'::oid[]) AS v (oid)
      LEFT JOIN pg_rewrite r ON r.ev_class = v.oid AND r.rulename = '_RETURN'`;
}
