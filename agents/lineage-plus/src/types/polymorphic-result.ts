import { meetingType } from './meeting-type.ts';
import { baseOf, isArray, type SqlType, type TypeInfo } from './sql-type.ts';
import type { TypeCatalog } from './type-catalog.ts';

/**
 * The result of a function or operator for given arguments: what `anyelement` and its kin stand for is found in the
 * arguments. Undefined where they do not tell.
 */
export function polymorphicResult(
  result: TypeInfo,
  parameters: readonly TypeInfo[],
  args: readonly SqlType[],
  catalog: TypeCatalog,
): SqlType | undefined {
  if (result.kind !== 'pseudo' || !result.name.startsWith('any') || result.name === 'any')
    return { info: result, modifiers: '' };
  const isCompatible = result.name.startsWith('anycompatible');
  const family = args.flatMap(({ info }, index) => {
    const parameter = parameters[index];
    const isOfFamily =
      parameter?.kind === 'pseudo' &&
      parameter.name.startsWith('any') &&
      parameter.name.startsWith('anycompatible') === isCompatible;
    return isOfFamily ? [{ parameter: parameter.name, info: baseOf(info) }] : [];
  });
  const same = family.find(({ parameter }) => parameter === result.name && /range$/.test(parameter));
  if (same !== undefined) return { info: same.info, modifiers: '' };
  const elements = family.flatMap(({ parameter, info }) => elementOf(parameter, info) ?? []);
  const element = meetingType(
    elements.map((info) => ({ info, modifiers: '' })),
    catalog,
  )?.info;
  if (/range$/.test(result.name)) {
    const range = family.find(({ info }) => info.kind === 'range' || info.kind === 'multirange')?.info.counterpart;
    return range === undefined ? undefined : { info: range, modifiers: '' };
  }
  const info = /array$/.test(result.name) && !/nonarray$/.test(result.name) ? element?.array : element;
  return info === undefined ? undefined : { info, modifiers: '' };
}

function elementOf(parameter: string, info: TypeInfo): TypeInfo | undefined {
  if (/range$/.test(parameter)) return info.subtype;
  if (/array$/.test(parameter) && !/nonarray$/.test(parameter)) return isArray(info) ? info.element : undefined;
  return info;
}
