import type { Field, TypeInfo } from './sql-type.ts';

/** A function, aggregate or window function of the source, as `pg_proc` describes it. */
export interface Routine {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'function' | 'aggregate' | 'window';
  readonly returnsSet: boolean;
  readonly parameters: readonly TypeInfo[];
  /** Names of the parameters where they have some. */
  readonly parameterNames: readonly string[];
  /** How many of the last parameters have a default. */
  readonly defaults: number;
  /** The type of each further argument of a VARIADIC one. */
  readonly variadic: TypeInfo | undefined;
  readonly result: TypeInfo;
  /** Parameters of mode OUT, INOUT and TABLE: the columns of the result. */
  readonly outputs: readonly Field[];
}

/** An operator of the source; a prefix operator has no left side. */
export interface Operator {
  readonly schema: string;
  readonly parameters: readonly TypeInfo[];
  readonly result: TypeInfo;
}
