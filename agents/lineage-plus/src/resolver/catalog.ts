import { baseOf, type Field, type SqlType } from '../types/sql-type.ts';
import type { TypeCatalog } from '../types/type-catalog.ts';

/** A table-like object of the source, as its catalog describes it. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  readonly columns: readonly Column[];
}

export type RelationKind = 'table' | 'partitioned table' | 'foreign table' | 'view' | 'materialized view' | 'sequence';

/** One column of one relation; the object itself is its identity. */
export interface Column {
  readonly relation: Relation;
  readonly name: string;
  /** As PostgreSQL prints it, for example `numeric(10,2)`. */
  readonly type: string;
  /** From 1, in the order of the relation; dropped columns leave no gap. */
  readonly ordinal: number;
}

/** What names mean in the source: the resolver's only knowledge of it. */
export class Catalog {
  readonly types: TypeCatalog;
  readonly #relations = new Map<string, Relation>();
  readonly #searchPath: readonly string[];

  /** @param searchPath schemas that unqualified names are looked up in, in order */
  constructor(relations: Iterable<Relation>, searchPath: readonly string[], types: TypeCatalog) {
    for (const relation of relations) this.#relations.set(keyOf(relation.schema, relation.name), relation);
    this.#searchPath = searchPath;
    this.types = types;
  }

  get relations(): Iterable<Relation> {
    return this.#relations.values();
  }

  /** @param path `[relation]`, `[schema, relation]` or `[database, schema, relation]` */
  findRelation(path: readonly string[]): Relation | undefined {
    const name = path.at(-1) ?? '';
    const schema = path.at(-2);
    const schemas = schema === undefined ? this.#searchPath : [schema];
    return schemas.map((candidate) => this.#relations.get(keyOf(candidate, name))).find((found) => found !== undefined);
  }

  /** The fields of a row's type, in order; undefined for what is no row, or one whose fields are not known. */
  fieldsOf(type: SqlType): readonly Field[] | undefined {
    if (type.fields !== undefined) return type.fields;
    const info = baseOf(type.info);
    if (info.kind !== 'composite') return undefined;
    if (info.fields !== undefined) return info.fields;
    return this.rowsRelation(type)?.columns.map(({ name, type: text }) => ({ name, type: this.types.printed(text) }));
  }

  /** The relation whose rows have this type. */
  rowsRelation({ info, fields }: SqlType): Relation | undefined {
    const { kind, schema, name } = baseOf(info);
    return kind === 'composite' && fields === undefined ? this.findRelation([schema, name]) : undefined;
  }
}

// No name holds a zero byte, so two pairs never share a key.
function keyOf(schema: string, name: string): string {
  return `${schema}\0${name}`;
}
