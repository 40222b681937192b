import type { LineageEdge, LineageNode, LineageTransformation } from '@bigeye/contracts';

export const nodeTypeWords: Record<LineageNode['type'], string> = {
  DATABASE: 'Database',
  SCHEMA: 'Schema',
  TABLE: 'Table',
  VIEW: 'View',
  MATERIALIZED_VIEW: 'Materialized view',
  COLUMN: 'Column',
};

const subtypeWords: Record<LineageTransformation['subtype'], string> = {
  IDENTITY: 'as it is',
  TRANSFORMATION: 'transformed',
  AGGREGATION: 'aggregated',
  JOIN: 'decides a join',
  FILTER: 'decides a filter',
  GROUP_BY: 'decides the grouping',
  SORT: 'decides the order',
  WINDOW: 'decides a window',
  CONDITIONAL: 'decides a condition',
};

export const transformationWords = ({ type, subtype }: LineageTransformation): string =>
  `${type === 'DIRECT' ? 'Direct' : 'Indirect'} · ${subtypeWords[subtype]}`;

/** Values travel along a direct edge; an indirect one only bears on which rows there are, or on what is chosen. */
export const isIndirect = ({ transformations }: LineageEdge): boolean =>
  transformations.length > 0 && transformations.every(({ type }) => type === 'INDIRECT');

/** The SQL that a view is made of, under whatever name its agent gave. */
export function sqlOf({ attributes }: LineageNode): string | undefined {
  return attributes.sql ?? attributes.viewDefinition ?? attributes.definition;
}

/** `shop.public.orders.id` without its last name. */
export const parentPathOf = ({ path }: LineageNode): string => path.split('.').slice(0, -1).join('.');
