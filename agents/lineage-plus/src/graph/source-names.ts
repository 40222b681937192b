import type { OpenLineageDataset } from '@bigeye/agent-kit';
import type { Column, Relation } from '../resolver/catalog.ts';

/** OpenLineage names for the objects of one PostgreSQL database. */
export class SourceNames {
  readonly namespace: string;
  readonly database: string;
  readonly databaseId: string;

  constructor({ host, port, database }: { host: string; port: number; database: string }) {
    this.namespace = `postgres://${host}:${port}`;
    this.database = database;
    this.databaseId = `${this.namespace}/${escaped(database)}`;
  }

  schemaId(schema: string): string {
    return `${this.databaseId}.${escaped(schema)}`;
  }

  relationId(relation: Relation): string {
    return `${this.schemaId(relation.schema)}.${escaped(relation.name)}`;
  }

  columnId(column: Column): string {
    return `${this.relationId(column.relation)}#${escaped(column.name)}`;
  }

  dataset(relation: Relation): OpenLineageDataset {
    const name = [this.database, relation.schema, relation.name].map(escaped).join('.');
    return { namespace: this.namespace, name };
  }
}

/** Names may hold our separators; escaped, two different objects never share an id. */
function escaped(name: string): string {
  return name.replace(/[%.#]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
