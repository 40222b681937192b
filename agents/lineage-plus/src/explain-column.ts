import type { IncompleteView } from './collect-lineage.ts';
import { type ColumnPath, findColumn, pathOf } from './column-path.ts';
import { lineageOf } from './graph/view-lineage.ts';
import { type InventoryRelation, readInventory } from './postgres/read-inventory.ts';
import { readViewDefinitions } from './postgres/read-view-definitions.ts';
import type { SourceSession } from './postgres/source-session.ts';
import type { Catalog, Column, Relation } from './resolver/catalog.ts';
import type { Flow } from './resolver/flow.ts';
import { loadParser } from './sql/parse-query.ts';

/** One column above the asked one. `depth` counts views in between, from 1. */
export interface Hop {
  readonly depth: number;
  /** `schema.relation.column`, each in quotes where it must be. */
  readonly column: string;
  readonly ways: readonly string[];
}

export interface Explanation {
  readonly hops: readonly Hop[];
  /** Views on the way whose lineage is not complete, so that hops may be missing. */
  readonly incompleteViews: readonly IncompleteView[];
}

/**
 * Follows one column through all views down to stored columns, nearest first. A column that is reached twice is followed once.
 * Throws AgentFailure `usage` when there is no such column, or several.
 */
export async function explainColumn(session: SourceSession, path: ColumnPath, database: string): Promise<Explanation> {
  await loadParser();
  const inventory = await readInventory(session, () => undefined);
  const entries = new Map(inventory.relations.map((entry) => [entry.relation, entry]));
  const incompleteViews: IncompleteView[] = [];
  const flows = new Map<Relation, Promise<ReadonlyMap<Column, Flow>>>();
  const flowsOf = (relation: Relation) => {
    const entry = entries.get(relation);
    const known =
      flows.get(relation) ??
      (entry === undefined ? undefined : readFlows(session, entry, inventory.catalog, incompleteViews));
    if (known !== undefined) flows.set(relation, known);
    return known;
  };

  const asked = findColumn(path, database, inventory.catalog.relations);
  const hops: Hop[] = [];
  const seen = new Set<Column>([asked]);
  const follow = async (column: Column, depth: number): Promise<void> => {
    const flow = (await flowsOf(column.relation))?.get(column);
    for (const [source, ways] of flow?.entries() ?? []) {
      hops.push({ depth, column: pathOf(source), ways });
      if (seen.has(source)) continue;
      seen.add(source);
      await follow(source, depth + 1);
    }
  };
  await follow(asked, 1);
  return { hops, incompleteViews };
}

async function readFlows(
  session: SourceSession,
  view: InventoryRelation,
  catalog: Catalog,
  incompleteViews: IncompleteView[],
) {
  const flows = new Map<Column, Flow>();
  if (!view.relation.kind.endsWith('view')) return flows;
  for await (const definition of readViewDefinitions(session, [view])) {
    const { columns, issues } = lineageOf(definition, catalog);
    for (const { column, flow } of columns) flows.set(column, flow);
    if (issues.length > 0)
      incompleteViews.push({ view: `${view.relation.schema}.${view.relation.name}`, reasons: issues });
  }
  return flows;
}
