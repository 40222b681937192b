import { baseOf, isBuiltIn, type TypeInfo } from './sql-type.ts';
import type { TypeCatalog } from './type-catalog.ts';

/** One function or operator with the types that it would take the given arguments as. */
export interface Candidate<T> {
  readonly entry: T;
  readonly parameters: readonly TypeInfo[];
}

/**
 * Which of several functions or operators of one name PostgreSQL calls for arguments of these types: its
 * func_match_argtypes and func_select_candidate. Undefined where none or more than one remain.
 */
export function chooseCandidate<T>(
  candidates: readonly Candidate<T>[],
  args: readonly TypeInfo[],
  catalog: TypeCatalog,
): Candidate<T> | undefined {
  const exact = candidates.find(({ parameters }) => parameters.every((type, index) => type === args[index]));
  if (exact !== undefined) return exact;
  const accepting = candidates.filter(({ parameters }) =>
    parameters.every((type, index) => catalog.isImplicit(args[index] ?? type, type)),
  );
  if (accepting.length <= 1) return accepting[0];
  const bases = args.map(baseOf);
  const isKnown = (index: number) => !isUnknown(bases[index]);
  const equal = best(accepting, ({ parameters }) => count(parameters, (type, i) => isKnown(i) && type === bases[i]));
  if (equal.length === 1) return equal[0];
  const isPreferred = (type: TypeInfo, index: number) =>
    type === bases[index] || (type.isPreferred && type.category === bases[index]?.category);
  const preferred = best(equal, ({ parameters }) => count(parameters, (type, i) => isKnown(i) && isPreferred(type, i)));
  if (preferred.length === 1) return preferred[0];
  return bases.some(isUnknown) ? chooseForUnknown(preferred, bases, catalog) : undefined;
}

/** Literals without a type take the category that the candidates agree on, strings first. */
function chooseForUnknown<T>(
  candidates: readonly Candidate<T>[],
  args: readonly TypeInfo[],
  catalog: TypeCatalog,
): Candidate<T> | undefined {
  const byCategory = ofAgreedCategory(candidates, args);
  if (byCategory.length === 1) return byCategory[0];
  // The last resort: unknown ones are taken to be of the one type that all others have.
  const known = new Set(args.filter((type) => !isUnknown(type)));
  const [only] = known;
  if (only === undefined || known.size !== 1) return undefined;
  const fitting = byCategory.filter(({ parameters }) => parameters.every((type) => catalog.isImplicit(only, type)));
  return fitting.length === 1 ? fitting[0] : undefined;
}

function ofAgreedCategory<T>(candidates: readonly Candidate<T>[], args: readonly TypeInfo[]): readonly Candidate<T>[] {
  const wanted = new Map<number, { readonly category: string; readonly isPreferred: boolean }>();
  for (const [index, type] of args.entries()) {
    if (!isUnknown(type)) continue;
    const offered = candidates.map(({ parameters }) => parameters[index]).filter((offer) => offer !== undefined);
    const categories = new Set(offered.map(({ category }) => category));
    const category = categories.has('S') ? 'S' : offered[0]?.category;
    if (category === undefined || (categories.size > 1 && category !== 'S')) return candidates;
    const isPreferred = offered.some((offer) => offer.category === category && offer.isPreferred);
    wanted.set(index, { category, isPreferred });
  }
  const kept = candidates.filter(({ parameters }) =>
    parameters.every((type, index) => {
      const rule = wanted.get(index);
      return rule === undefined || (type.category === rule.category && (type.isPreferred || !rule.isPreferred));
    }),
  );
  return kept.length > 0 ? kept : candidates;
}

function best<T>(candidates: readonly T[], score: (candidate: T) => number): readonly T[] {
  const scores = candidates.map(score);
  const highest = Math.max(...scores);
  return candidates.filter((_, index) => scores[index] === highest);
}

function count(types: readonly TypeInfo[], isMatch: (type: TypeInfo, index: number) => boolean): number {
  return types.filter(isMatch).length;
}

function isUnknown(type: TypeInfo | undefined): boolean {
  return type === undefined || isBuiltIn(type, 'unknown');
}
