import type { LineageNode } from '@bigeye/contracts';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { troubleOf } from '../../lib/read.ts';
import { searchQuery } from './api.ts';
import { NodeSearch } from './node-search.tsx';

interface Props {
  choose: (node: LineageNode) => void;
  size: 'sm' | 'md';
  autoFocus?: boolean;
}

/** Finds tables, views and columns by a part of their name or path. */
export function LineageSearch({ choose, size, autoFocus = false }: Props) {
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search.trim(), 150);
  const query = useQuery(searchQuery(wanted));
  const { data, isFetching } = query;
  const error = troubleOf(query);
  const found = useMemo(
    () => data?.map(({ id, type, path, attributes }) => ({ id, type, path, dataType: attributes.dataType })),
    [data],
  );
  return (
    <NodeSearch
      label="Search tables and columns"
      hint={<kbd>/</kbd>}
      isSearchOfPage
      choose={(id) => {
        const node = data?.find((one) => one.id === id);
        if (node) choose(node);
      }}
      size={size}
      autoFocus={autoFocus}
      search={search}
      setSearch={setSearch}
      wanted={wanted}
      found={found}
      error={error}
      isFetching={isFetching}
    />
  );
}
