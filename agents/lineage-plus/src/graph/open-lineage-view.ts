import type { OpenLineageInput, OpenLineageView } from '@bigeye/agent-kit';
import type { Relation } from '../resolver/catalog.ts';
import { type Flow, toTransformation } from '../resolver/flow.ts';
import type { SourceNames } from './source-names.ts';
import type { ViewLineage } from './view-lineage.ts';

/** The lineage of a view in OpenLineage's words, everything sorted so that equal lineage is equal text. */
export function toOpenLineageView(lineage: ViewLineage, sql: string, names: SourceNames): OpenLineageView {
  return {
    dataset: names.dataset(lineage.view),
    columns: toOpenLineageColumns(lineage.view),
    sql,
    dialect: 'postgres',
    inputs: [...lineage.relations].map((relation) => names.dataset(relation)).sort((a, b) => order(a.name, b.name)),
    fields: new Map(lineage.columns.map(({ column, flow }) => [column.name, inputs(flow, names)])),
    rowInputs: lineage.rows === undefined ? [] : inputs(lineage.rows, names),
  };
}

export function toOpenLineageColumns(relation: Relation) {
  return relation.columns.map(({ name, type }) => ({ name, type }));
}

function inputs(flow: Flow, names: SourceNames): OpenLineageInput[] {
  return [...flow.entries()]
    .map(([column, subtypes]) => ({
      dataset: names.dataset(column.relation),
      field: column.name,
      transformations: subtypes.map(toTransformation),
    }))
    .sort((a, b) => order(a.dataset.name, b.dataset.name) || order(a.field, b.field));
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
