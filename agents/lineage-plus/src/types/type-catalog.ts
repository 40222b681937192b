import type { TypeName } from '../sql/ast.ts';
import type { Operator, Routine } from './routine.ts';
import { baseOf, isArray, isBuiltIn, type SqlType, type TypeInfo } from './sql-type.ts';

export interface TypeCatalogContent {
  readonly types: Iterable<TypeInfo>;
  readonly routines: Iterable<Routine>;
  readonly operators: ReadonlyMap<string, readonly Operator[]>;
  /** Pairs of types that convert by themselves. */
  readonly implicitCasts: Iterable<readonly [source: TypeInfo, target: TypeInfo]>;
}

/** Types, functions, operators and conversions of the source: what PostgreSQL infers the type of an expression from. */
export class TypeCatalog {
  static readonly empty = new TypeCatalog(
    { types: [], routines: [], operators: new Map(), implicitCasts: [] },
    [],
    () => undefined,
  );
  readonly #types: ReadonlyMap<string, readonly TypeInfo[]>;
  readonly #routines: ReadonlyMap<string, readonly Routine[]>;
  readonly #operators: ReadonlyMap<string, readonly Operator[]>;
  readonly #casts = new Map<TypeInfo, Set<TypeInfo>>();
  readonly #searchPath: readonly string[];
  readonly #parse: (text: string) => TypeName | undefined;
  readonly #printed = new Map<string, SqlType | undefined>();

  /** @param parse reads the name of a type as the source prints it */
  constructor(
    content: TypeCatalogContent,
    searchPath: readonly string[],
    parse: (text: string) => TypeName | undefined,
  ) {
    this.#types = Map.groupBy(content.types, ({ name }) => name);
    this.#routines = Map.groupBy(content.routines, ({ name }) => name);
    this.#operators = content.operators;
    for (const [source, target] of content.implicitCasts) {
      const targets = this.#casts.get(source) ?? new Set();
      this.#casts.set(source, targets.add(target));
    }
    this.#searchPath = searchPath;
    this.#parse = parse;
  }

  /** The type of a column, from the text that the source prints for it. */
  printed(text: string): SqlType | undefined {
    if (!this.#printed.has(text)) {
      const name = this.#parse(text);
      this.#printed.set(text, name === undefined ? undefined : this.named(name));
    }
    return this.#printed.get(text);
  }

  /** The type that a text names, as in a cast. */
  named({ path, modifiers, isArray: asArray }: TypeName): SqlType | undefined {
    const info = this.#visible(this.#types, path)[0];
    const wanted = asArray ? info?.array : info;
    return wanted === undefined ? undefined : { info: wanted, modifiers };
  }

  /** A type of PostgreSQL's own. */
  builtIn(name: string): SqlType | undefined {
    return this.named({ path: ['pg_catalog', name], modifiers: '', isArray: false });
  }

  /** Functions that a name may mean; those of one schema of the search path hide equal ones further back. */
  routines(path: readonly string[]): readonly Routine[] {
    return hideEqual(this.#visible(this.#routines, path));
  }

  operators(path: readonly string[]): readonly Operator[] {
    return hideEqual(this.#visible(this.#operators, path));
  }

  /** Whether values of one type become those of the other without being told to. */
  isImplicit(source: TypeInfo, target: TypeInfo): boolean {
    if (source === target || isBuiltIn(source, 'unknown') || target.kind === 'pseudo')
      return target.kind !== 'pseudo' || acceptsPseudo(source, target);
    const [from, to] = [baseOf(source), baseOf(target)];
    if (from === to || this.#casts.get(from)?.has(to) === true) return true;
    if (isBuiltIn(from, 'record') && to.kind === 'composite') return true;
    return isArray(from) && isArray(to) && this.#elements(from, to);
  }

  #elements({ element: from }: TypeInfo, { element: to }: TypeInfo): boolean {
    return from !== undefined && to !== undefined && this.isImplicit(from, to);
  }

  #visible<T extends { readonly schema: string }>(
    all: ReadonlyMap<string, readonly T[]>,
    path: readonly string[],
  ): T[] {
    const found = all.get(path.at(-1) ?? '') ?? [];
    const schema = path.at(-2);
    if (schema !== undefined) return found.filter((entry) => entry.schema === schema);
    return this.#searchPath.flatMap((candidate) => found.filter((entry) => entry.schema === candidate));
  }
}

function hideEqual<T extends { readonly parameters: readonly TypeInfo[]; readonly schema: string }>(found: T[]): T[] {
  if (found.every(({ schema }) => schema === found[0]?.schema)) return found;
  const isEqual = (a: T, b: T) =>
    a.parameters.length === b.parameters.length && a.parameters.every((type, index) => type === b.parameters[index]);
  return found.filter((entry, index) => found.findIndex((other) => isEqual(other, entry)) === index);
}

const polymorphicKinds: Record<string, (info: TypeInfo) => boolean> = {
  any: () => true,
  anyelement: () => true,
  anycompatible: () => true,
  anynonarray: (info) => !isArray(info),
  anycompatiblenonarray: (info) => !isArray(info),
  anyarray: isArray,
  anycompatiblearray: isArray,
  anyenum: ({ kind }) => kind === 'enum',
  anyrange: ({ kind }) => kind === 'range',
  anycompatiblerange: ({ kind }) => kind === 'range',
  anymultirange: ({ kind }) => kind === 'multirange',
  anycompatiblemultirange: ({ kind }) => kind === 'multirange',
  record: ({ kind, name }) => kind === 'composite' || name === 'record',
};

function acceptsPseudo(source: TypeInfo, target: TypeInfo): boolean {
  if (source === target || isBuiltIn(source, 'unknown')) return true;
  return polymorphicKinds[target.name]?.(baseOf(source)) ?? false;
}
