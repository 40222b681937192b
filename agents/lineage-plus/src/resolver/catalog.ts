/** A table-like object of the source, as its catalog describes it. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  readonly columns: readonly Column[];
}

export type RelationKind = 'table' | 'partitioned table' | 'foreign table' | 'view' | 'materialized view';

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
  readonly #relations = new Map<string, Relation>();
  readonly #aggregates: ReadonlySet<string>;
  readonly #searchPath: readonly string[];

  /**
   * @param searchPath schemas that unqualified names are looked up in, in order
   * @param aggregates `schema.function` of every aggregate function
   */
  constructor(relations: Iterable<Relation>, searchPath: readonly string[], aggregates: ReadonlySet<string>) {
    for (const relation of relations) this.#relations.set(keyOf(relation.schema, relation.name), relation);
    this.#searchPath = searchPath;
    this.#aggregates = aggregates;
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

  /** @param path `[function]` or `[schema, function]` */
  isAggregate(path: readonly string[]): boolean {
    const name = path.at(-1) ?? '';
    const schema = path.at(-2);
    return (schema === undefined ? this.#searchPath : [schema]).some((candidate) =>
      this.#aggregates.has(`${candidate}.${name}`),
    );
  }
}

// No name holds a zero byte, so two pairs never share a key.
function keyOf(schema: string, name: string): string {
  return `${schema}\0${name}`;
}
