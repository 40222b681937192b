/** What decides whether a column has its place. */
export interface ColumnSize {
  /** Pixels it needs at least, for its content to be whole or, where it may be cut short, to be read. */
  width: number;
  /** 0: never left out. The higher, the sooner. */
  leftOut?: number;
}

/** Narrower than this, two columns beside each other are harder to read than two lines below each other. */
const narrowest = 480;

/**
 * The columns that have their place in `width` pixels, in their order: the least needed go first. Undefined when not even
 * those have it that a row cannot do without.
 */
export function fitColumns<Column extends ColumnSize>(columns: Column[], width: number): Column[] | undefined {
  if (width < narrowest) return undefined;
  let kept = columns;
  while (widthOf(kept) > width) {
    const [first] = [...kept].sort((a, b) => (b.leftOut ?? 0) - (a.leftOut ?? 0));
    if (!first?.leftOut) return undefined;
    kept = kept.filter((column) => column !== first);
  }
  return kept;
}

const widthOf = (columns: ColumnSize[]): number => columns.reduce((sum, { width }) => sum + width, 0);
