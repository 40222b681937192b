/** What of the lineage is looked at, as the address carries it. Node ids are the catalogue's numbers. */
export interface LineagePlace {
  /** The table or column that was searched for. */
  node?: number;
  /** Steps around it. */
  depth?: number;
  /** Tables opened further, one step: `12u` upstream, `12d` downstream. */
  open?: string[];
  /** The chosen column or table. */
  at?: number;
}

export const defaultDepth = 1;
export const deepest = 6;

/** From an address that anybody may have typed: what is not valid is left out. */
export function lineagePlaceOf(search: Record<string, unknown>): LineagePlace {
  const node = idOf(search.node);
  if (node === undefined) return {};
  const depth = Math.min(deepest, idOf(search.depth) ?? defaultDepth);
  const at = idOf(search.at);
  const open = Array.isArray(search.open)
    ? search.open.filter((one) => typeof one === 'string' && /^\d+[ud]$/.test(one))
    : [];
  return {
    node,
    ...(depth !== defaultDepth && { depth }),
    ...(open.length > 0 && { open }),
    ...(at !== undefined && { at }),
  };
}

function idOf(value: unknown): number | undefined {
  const id = Number(value);
  return Number.isInteger(id) && id > 0 ? id : undefined;
}

/** Opens a table one step, or closes what was opened. */
export function toggleOpen(open: string[] | undefined, tableId: number, way: 'upstream' | 'downstream'): string[] {
  const one = `${tableId}${way === 'upstream' ? 'u' : 'd'}`;
  return open?.includes(one) ? open.filter((other) => other !== one) : [...(open ?? []), one];
}
