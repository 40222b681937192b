import type { ViewDefinition } from '../postgres/read-view-definitions.ts';
import type { Catalog, Column, Relation } from '../resolver/catalog.ts';
import type { Flow } from '../resolver/flow.ts';
import { resolveQuery } from '../resolver/resolve-query.ts';
import { ParseFailure, parseQuery } from '../sql/parse-query.ts';

/** Where one view's columns come from, in the view's own column names. */
export interface ViewLineage {
  readonly view: Relation;
  readonly relations: ReadonlySet<Relation>;
  readonly columns: readonly { readonly column: Column; readonly flow: Flow }[];
  readonly rows: Flow | undefined;
  /** Why something is missing; empty when the lineage is complete. */
  readonly issues: readonly string[];
}

/** The lineage of a view as it was read; of one that could not be read, why. */
export function lineageOf({ view: { relation }, sql, fault }: ViewDefinition, catalog: Catalog): ViewLineage {
  const lineage = resolveView(relation, sql, catalog);
  return fault === undefined ? lineage : { ...lineage, issues: [fault.message] };
}

/** Reads and resolves one view. Never throws for a query that is not understood: that is an issue of this view. */
export function resolveView(view: Relation, sql: string | undefined, catalog: Catalog): ViewLineage {
  const nothing = { view, relations: new Set<Relation>(), columns: [], rows: undefined };
  if (sql === undefined) return { ...nothing, issues: ['the view was dropped while the run read it'] };
  try {
    const { columns, rows, relations, issues } = resolveQuery(parseQuery(sql), catalog);
    // By position, because a view may name its columns other than its query does.
    const isComplete = columns.length === view.columns.length;
    const counts = `its query gives ${columns.length} columns, the view has ${view.columns.length}`;
    return {
      view,
      relations,
      rows,
      columns: isComplete ? view.columns.flatMap((column, index) => withFlow(column, columns[index]?.flow)) : [],
      issues: isComplete || issues.length > 0 ? issues : [counts],
    };
  } catch (error) {
    if (error instanceof ParseFailure) return { ...nothing, issues: [`parse: ${error.message}`] };
    // A deep or strange query must not end the run; whatever it was, this view is the one not understood.
    if (error instanceof RangeError) return { ...nothing, issues: ['its query is nested too deeply'] };
    throw error;
  }
}

function withFlow(column: Column, flow: Flow | undefined) {
  return flow === undefined ? [] : [{ column, flow }];
}
