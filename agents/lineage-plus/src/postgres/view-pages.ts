import type { InventoryRelation } from './read-inventory.ts';

/**
 * Reading a view's text locks the view and every relation in it until the transaction ends. With less than twenty
 * on catalogs this stays below 64, one connection's own share of the lock table of a server with default settings.
 */
const locksPerPage = 40;
/** PostgreSQL prints about 4 MB in a second; a page must be done in a fraction of one. Also what we hold in memory. */
const bytesPerPage = 512 * 1024;

/** Cuts views into pages, in their order. A view that exceeds a limit by itself is a page by itself. */
export function* viewPages(views: readonly InventoryRelation[]): Generator<InventoryRelation[]> {
  let page: InventoryRelation[] = [];
  let locks = new Set<number>();
  let bytes = 0;
  for (const view of views) {
    const size = view.rule?.bytes ?? 0;
    const together = new Set([...locks, ...locksOf(view)]);
    if (page.length > 0 && (together.size > locksPerPage || bytes + size > bytesPerPage)) {
      yield page;
      page = [];
      locks = new Set();
      bytes = 0;
    }
    page.push(view);
    bytes += size;
    for (const lock of locksOf(view)) locks.add(lock);
  }
  if (page.length > 0) yield page;
}

/** Ids of what reading the view's text locks. */
export function locksOf(view: InventoryRelation): readonly number[] {
  return [view.oid, ...(view.rule?.relations ?? [])];
}
