import { useDeferredValue, useMemo, useState } from 'react';
import styles from './lineage-graph.module.css';
import type { LineageModel } from './lineage-model.ts';
import { withoutDatabase } from './lineage-words.ts';
import { type FoundNode, NodeSearch } from './node-search.tsx';

const mostFound = 30;

/** Finds a table or a column among those that are shown, and goes there. */
export function FindInGraph({ model, choose }: { model: LineageModel; choose: (id: number) => void }) {
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim());
  const found = useMemo(() => (wanted === '' ? undefined : findIn(model, wanted)), [model, wanted]);
  return (
    <NodeSearch
      label="Find in this graph"
      size="xs"
      className={styles.find}
      search={search}
      setSearch={setSearch}
      wanted={wanted}
      found={found}
      choose={choose}
    />
  );
}

function findIn({ tables }: LineageModel, search: string): FoundNode[] {
  const part = search.toLowerCase();
  const isLike = ({ path }: FoundNode) => path.toLowerCase().includes(part);
  const all = [...tables.values()];
  const found = [
    ...all.map(({ table: { id, type, path } }): FoundNode => ({ id, type, path: withoutDatabase(path) })),
    ...all.flatMap(({ table, columns }) =>
      columns.map(
        ({ id, name }): FoundNode => ({ id, type: 'COLUMN', path: withoutDatabase(`${table.path}.${name}`) }),
      ),
    ),
  ];
  return found.filter(isLike).slice(0, mostFound);
}
