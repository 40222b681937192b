import type { LineageNodeType, LineageSyncNode } from '@bigeye/contracts';
import type { Relation } from '../resolver/catalog.ts';
import type { SourceNames } from './source-names.ts';

// The contract's limit; a longer text is left out, because half of a query is worse than none.
const longestAttribute = 100_000;

export function databaseNode(names: SourceNames): LineageSyncNode {
  return { externalId: names.databaseId, nodeName: names.database, nodeType: 'DATABASE' };
}

export function schemaNode(schema: string, names: SourceNames): LineageSyncNode {
  return {
    externalId: names.schemaId(schema),
    nodeName: schema,
    nodeType: 'SCHEMA',
    containerExternalId: names.databaseId,
  };
}

/** A relation and its columns. @param details further attributes, of which the undefined and too long are left out */
export function relationNodes(
  relation: Relation,
  details: Readonly<Record<string, string | undefined>>,
  names: SourceNames,
): LineageSyncNode[] {
  const externalId = names.relationId(relation);
  const attributes = Object.entries(details).flatMap(([name, value]) =>
    value === undefined || value.length > longestAttribute ? [] : [{ name, value }],
  );
  return [
    {
      externalId,
      nodeName: relation.name,
      nodeType: nodeType(relation),
      containerExternalId: names.schemaId(relation.schema),
      attributes,
    },
    ...relation.columns.map((column) => ({
      externalId: names.columnId(column),
      nodeName: column.name,
      nodeType: 'COLUMN' as const,
      containerExternalId: externalId,
      attributes: [
        { name: 'dataType', value: column.type },
        { name: 'ordinal', value: String(column.ordinal) },
      ],
    })),
  ];
}

function nodeType(relation: Relation): LineageNodeType {
  switch (relation.kind) {
    case 'view':
      return 'VIEW';
    case 'materialized view':
      return 'MATERIALIZED_VIEW';
    case 'table':
    case 'partitioned table':
    case 'foreign table':
    case 'sequence':
      return 'TABLE';
  }
}
