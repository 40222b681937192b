import { createContext } from 'react';
import type { Path, Way } from './lineage-model.ts';

/** So many neighbours come at once; from more than that one chooses. */
export const batch = 20;

/** What a table can ask for. */
export interface GraphActions {
  choose: (id: number) => void;
  hover: (id: number | undefined) => void;
  toggleColumns: (tableId: number) => void;
  showAllColumns: (tableId: number) => void;
  showMore: (tableId: number, way: Way, count: number) => void;
  foldMore: (tableId: number, way: Way) => void;
  /** A neighbour of `from`, shown or left out again. */
  pick: (from: number, tableId: number) => void;
}
export const ActionsContext = createContext<GraphActions | undefined>(undefined);

/** What changes while the graph stands still. */
export interface Light {
  chosen: number | undefined;
  lit: Path | undefined;
  picked: ReadonlySet<number>;
}
export const LightContext = createContext<Light>({ chosen: undefined, lit: undefined, picked: new Set() });
