import type { InventoryRelation } from './read-inventory.ts';
import type { SourceSession } from './source-session.ts';

const viewsPerPage = 100;

export interface ViewDefinition {
  readonly view: InventoryRelation;
  /** The SELECT as PostgreSQL prints it; undefined for a view that is gone by now. */
  readonly sql: string | undefined;
}

/** Reads the SQL of views page by page, in their order, so that only one page is held in memory. */
export async function* readViewDefinitions(
  session: SourceSession,
  views: readonly InventoryRelation[],
): AsyncGenerator<ViewDefinition> {
  for (let start = 0; start < views.length; start += viewsPerPage) {
    const page = views.slice(start, start + viewsPerPage);
    const rows = await session.rows<{ oid: number; sql: string | null }>(
      'SELECT v.oid, pg_get_viewdef(v.oid) AS sql FROM unnest($1::oid[]) AS v (oid)',
      [page.map(({ oid }) => oid)],
    );
    const byOid = new Map(rows.map(({ oid, sql }) => [oid, sql]));
    for (const view of page) yield { view, sql: byOid.get(view.oid) ?? undefined };
  }
}
