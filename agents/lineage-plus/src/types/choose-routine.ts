import { type Candidate, chooseCandidate } from './choose-candidate.ts';
import type { Operator, Routine } from './routine.ts';
import type { SqlType, TypeInfo } from './sql-type.ts';
import type { TypeCatalog } from './type-catalog.ts';

/** The arguments of one call. */
export interface Arguments {
  readonly count: number;
  readonly names: readonly (string | undefined)[];
  readonly isVariadic: boolean;
  /** Their types; undefined where one of them is not known. Asked only if the name has several meanings. */
  readonly types: () => readonly SqlType[] | undefined;
}

/** Functions of one name that take arguments of this number and these names, each with the types it takes them as. */
export function callable(routines: readonly Routine[], args: Arguments): Candidate<Routine>[] {
  return routines.flatMap((entry) => {
    const parameters = taken(entry, args);
    return parameters === undefined ? [] : [{ entry, parameters }];
  });
}

function taken(routine: Routine, { count, names, isVariadic }: Arguments): TypeInfo[] | undefined {
  const { parameters, defaults, variadic } = routine;
  const positional = names.filter((name) => name === undefined).length;
  if (positional < names.length) {
    if (count > parameters.length || count < parameters.length - defaults) return undefined;
    const places = names.map((name, index) => (name === undefined ? index : routine.parameterNames.indexOf(name)));
    const found = places.flatMap((place) => parameters[place] ?? []);
    return found.length === count ? found : undefined;
  }
  if (variadic !== undefined && !isVariadic && count >= parameters.length - 1 - defaults) {
    const fixed = parameters.slice(0, -1);
    return Array.from({ length: count }, (_, index) => fixed[index] ?? variadic);
  }
  if (count > parameters.length || count < parameters.length - defaults) return undefined;
  return parameters.slice(0, count);
}

/** The function that a call means, or undefined if that is not certain. */
export function chooseRoutine(
  candidates: readonly Candidate<Routine>[],
  args: Arguments,
  catalog: TypeCatalog,
): Candidate<Routine> | undefined {
  if (candidates.length <= 1) return candidates[0];
  const types = args.types();
  if (types === undefined) return undefined;
  return chooseCandidate(
    candidates,
    types.map(({ info }) => info),
    catalog,
  );
}

/** The operator that these operands mean, or undefined if that is not certain. */
export function chooseOperator(
  operators: readonly Operator[],
  operands: readonly SqlType[],
  catalog: TypeCatalog,
): Candidate<Operator> | undefined {
  const candidates = operators
    .filter(({ parameters }) => parameters.length === operands.length)
    .map((entry) => ({ entry, parameters: entry.parameters }));
  const types = operands.map(({ info }) => info);
  // A literal without a type is first taken to be of the other side's.
  const [left, right] = types;
  const assumed =
    left !== undefined && right !== undefined && (isUnknown(left) || isUnknown(right))
      ? [isUnknown(left) ? right : left, isUnknown(right) ? left : right]
      : types;
  const exact = candidates.find(({ parameters }) => parameters.every((type, index) => type === assumed[index]));
  return exact ?? chooseCandidate(candidates, types, catalog);
}

function isUnknown({ schema, name }: TypeInfo): boolean {
  return name === 'unknown' && schema === 'pg_catalog';
}
