import type { Query } from '../sql/ast.ts';
import type { Catalog, Column, Relation } from './catalog.ts';
import { Flow } from './flow.ts';
import { QueryResolver, type QueryText } from './query-resolver.ts';
import { type Issue, Trace } from './trace.ts';

/** Everything one query says about where its columns come from. */
export interface QueryLineage {
  readonly columns: readonly { readonly name: string; readonly flow: Flow }[];
  /** Columns that decide on rows: joins, filters, grouping, order. They bear on every output column. */
  readonly rows: Flow;
  /** Relations that stand in a FROM clause. */
  readonly relations: ReadonlySet<Relation>;
  /** Stored columns that the text names, used for the result or not. */
  readonly references: ReadonlySet<Column>;
  /** Stored columns that only a whole-row reference reaches. */
  readonly wholeRowColumns: ReadonlySet<Column>;
  /** Why parts of the query are missing from the lineage; empty when it is complete. */
  readonly issues: readonly Issue[];
}

/**
 * Resolves a query to the columns of the catalog's relations that it reads directly; views are not looked into. What cannot
 * be told for sure is left out and named in `issues`; `columns` is empty when even the shape of the result is unknown.
 */
export function resolveQuery(query: Query, catalog: Catalog, text: QueryText = 'written'): QueryLineage {
  const trace = new Trace();
  const { value: table } = trace.attempt('query', () =>
    new QueryResolver(catalog, trace, text).query(query, undefined),
  );
  const columns = (table?.columns ?? []).map((column) => {
    // Where a subquery left a column unclear, the issue is also reported for the output column that is made from it.
    if (column.unclear !== undefined) trace.attempt(`column "${column.name}"`, () => trace.use(column));
    return { name: column.name, flow: column.flow };
  });
  return {
    columns: table?.open === undefined ? columns : [],
    rows: table?.rows ?? Flow.none,
    relations: trace.relations,
    references: trace.references,
    wholeRowColumns: trace.wholeRowColumns,
    issues: trace.issues,
  };
}
