import { baseOf, isBuiltIn, type SqlType, type TypeInfo } from './sql-type.ts';
import type { TypeCatalog } from './type-catalog.ts';

/**
 * The type that several values meet in, in UNION, VALUES, CASE or USING: PostgreSQL's select_common_type and
 * select_common_typmod. Undefined if one of them is not known or if they do not meet.
 */
export function meetingType(types: readonly (SqlType | undefined)[], catalog: TypeCatalog): SqlType | undefined {
  const known = types.filter((type) => type !== undefined);
  const [first] = known;
  if (first === undefined || known.length < types.length) return undefined;
  const isSame = known.every(({ info }) => info === first.info) && !isBuiltIn(first.info, 'unknown');
  const info = isSame ? first.info : meet(known, catalog);
  if (info === undefined) return undefined;
  const isExact = known.every((type) => type.info === info && type.modifiers === first.modifiers);
  return { info, modifiers: isExact ? first.modifiers : '', fields: isExact ? first.fields : undefined };
}

function meet(types: readonly SqlType[], catalog: TypeCatalog): TypeInfo | undefined {
  let common: TypeInfo | undefined;
  for (const { info } of types) {
    const next = baseOf(info);
    if (isBuiltIn(next, 'unknown') || next === common) continue;
    if (common === undefined) common = next;
    else if (next.category !== common.category) return undefined;
    else if (!common.isPreferred && catalog.isImplicit(common, next) && !catalog.isImplicit(next, common))
      common = next;
  }
  return common ?? catalog.builtIn('text')?.info;
}
