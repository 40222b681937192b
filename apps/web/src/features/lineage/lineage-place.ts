import { lineageLimits } from '@bigeye/contracts';
import type { Way } from './lineage-model.ts';

/** What of the lineage is looked at, as the address carries it. Node ids are the catalogue's numbers. */
export interface LineagePlace {
  /** The table or column in the middle. */
  node?: number;
  /** Steps around it. */
  depth?: number;
  /** Tables that show their columns. */
  opened?: number[];
  /** Further neighbours of single tables: `12u20` for 20 more upstream, `12d20` downstream. */
  more?: string[];
  /** Tables that were picked one by one. */
  with?: number[];
  /** The chosen column, whose path is lit. */
  at?: number;
  /** The chosen table. */
  table?: number;
}

export const defaultDepth = 1;
export const deepest = 6;
const { listed, tables: mostTables } = lineageLimits.neighbourhood;

/** From an address that anybody may have typed: what is not valid is left out. */
export function lineagePlaceOf(search: Record<string, unknown>): LineagePlace {
  const node = idOf(search.node);
  if (node === undefined) return {};
  const depth = Math.min(deepest, idOf(search.depth) ?? defaultDepth);
  const opened = idsOf(search.opened);
  const more = textsOf(search.more).filter((one) => /^[1-9]\d{0,9}[ud][1-9]\d{0,2}$/.test(one));
  const picked = idsOf(search.with);
  const at = idOf(search.at);
  const table = at === undefined ? idOf(search.table) : undefined;
  return {
    node,
    ...(depth !== defaultDepth && { depth }),
    ...(opened.length > 0 && { opened }),
    ...(more.length > 0 && { more: more.slice(0, listed) }),
    ...(picked.length > 0 && { with: picked }),
    ...(at !== undefined && { at }),
    ...(table !== undefined && { table }),
  };
}

function idOf(value: unknown): number | undefined {
  const id = Number(value);
  return Number.isInteger(id) && id > 0 && id < 2 ** 31 ? id : undefined;
}

const idsOf = (value: unknown): number[] =>
  (Array.isArray(value) ? value : []).flatMap((one) => idOf(one) ?? []).slice(0, listed);

const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : []).filter((one) => typeof one === 'string');

/** With the id, or without it where it was there. The oldest goes where there is no room. */
export const toggled = (ids: number[] | undefined, id: number): number[] =>
  ids?.includes(id) ? ids.filter((one) => one !== id) : [...(ids ?? []), id].slice(-listed);

const isAbout = (one: string, tableId: number, way: Way) => one.startsWith(`${tableId}${letterOf(way)}`);
const letterOf = (way: Way) => (way === 'upstream' ? 'u' : 'd');

/** How many neighbours a table shows beyond those that everything shows. */
export const moreOf = ({ more = [] }: LineagePlace, tableId: number, way: Way): number =>
  Number(more.find((one) => isAbout(one, tableId, way))?.split(/[ud]/)[1] ?? 0);

export function withMore(place: LineagePlace, tableId: number, way: Way, count: number): LineagePlace {
  const others = (place.more ?? []).filter((one) => !isAbout(one, tableId, way));
  const wanted = Math.min(mostTables, moreOf(place, tableId, way) + count);
  return { ...place, more: [...others, `${tableId}${letterOf(way)}${wanted}`].slice(-listed) };
}

export function withoutMore(place: LineagePlace, tableId: number, way: Way): LineagePlace {
  return { ...place, more: (place.more ?? []).filter((one) => !isAbout(one, tableId, way)) };
}
