/** A type of the source, as `pg_type` describes it; the object itself is its identity. */
export interface TypeInfo {
  readonly schema: string;
  readonly name: string;
  readonly kind: TypeKind;
  /** `typcategory`: types of one category convert among each other. */
  readonly category: string;
  /** The type of its category that PostgreSQL converts to when in doubt. */
  readonly isPreferred: boolean;
  readonly element: TypeInfo | undefined;
  readonly array: TypeInfo | undefined;
  /** What a domain is made of. */
  readonly base: SqlType | undefined;
  /** The subtype of a range or multirange. */
  readonly subtype: TypeInfo | undefined;
  /** The multirange of a range, the range of a multirange. */
  readonly counterpart: TypeInfo | undefined;
  /** Fields of a composite type that is no relation's row. */
  readonly fields: readonly Field[] | undefined;
}

export type TypeKind = 'base' | 'composite' | 'domain' | 'enum' | 'pseudo' | 'range' | 'multirange';

/** The type of a value. */
export interface SqlType {
  readonly info: TypeInfo;
  /** As in `numeric(10,2)`: `10,2`; empty without. Equal texts are equal modifiers. */
  readonly modifiers: string;
  /** Fields of a row that has no named type. */
  readonly fields?: readonly Field[] | undefined;
}

export interface Field {
  readonly name: string;
  readonly type: SqlType | undefined;
}

/** A domain counts as the type below it where values are converted or compared. */
export function baseOf(info: TypeInfo): TypeInfo {
  return info.base === undefined ? info : baseOf(info.base.info);
}

export function isBuiltIn(info: TypeInfo, name: string): boolean {
  return info.name === name && info.schema === 'pg_catalog';
}

/** Whether it is the type of an array proper, not one like `point` that can merely be subscripted. */
export function isArray(info: TypeInfo): boolean {
  const isVector = isBuiltIn(info, 'int2vector') || isBuiltIn(info, 'oidvector');
  return info.element !== undefined && (info.element.array === info || isVector);
}
