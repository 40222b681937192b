import type { LineageNode } from '@bigeye/contracts';
import { Combobox, Loader, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { sentencesOf } from '../../components/notice.tsx';
import { searchQuery } from './api.ts';
import styles from './lineage-search.module.css';
import { NodeIcon } from './node-icon.tsx';

interface Props {
  choose: (node: LineageNode) => void;
  size: 'sm' | 'md';
  autoFocus?: boolean;
}

/** Finds tables, views and columns by a part of their name or path. */
export function LineageSearch({ choose, size, autoFocus = false }: Props) {
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search.trim(), 150);
  const found = useQuery(searchQuery(wanted));
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const { data } = found;
  const { selectFirstOption } = combobox;
  // biome-ignore lint/correctness/useExhaustiveDependencies: Enter takes the first of whatever was found.
  useEffect(() => {
    if (wanted !== '') selectFirstOption();
  }, [wanted, data]);
  const submit = (id: string) => {
    const node = found.data?.find((one) => String(one.id) === id);
    if (node) choose(node);
    setSearch('');
    combobox.closeDropdown();
  };
  return (
    <Combobox store={combobox} onOptionSubmit={submit} shadow="md" transitionProps={{ duration: 0 }}>
      <Combobox.Target>
        <TextInput
          className={styles.search ?? ''}
          size={size}
          aria-label="Search tables and columns"
          placeholder="Search tables and columns"
          leftSection={<Icon name="search" size={14} />}
          rightSection={found.isFetching ? <Loader size={14} color="gray" /> : <kbd>/</kbd>}
          data-search
          autoFocus={autoFocus}
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
            combobox.openDropdown();
          }}
          onFocus={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
        />
      </Combobox.Target>
      <Combobox.Dropdown>
        <Combobox.Options className={styles.options ?? ''}>
          {found.error && <Combobox.Empty>{sentencesOf(found.error).message}</Combobox.Empty>}
          {found.data?.length === 0 && <Combobox.Empty>Nothing is named like “{wanted}”.</Combobox.Empty>}
          {found.data?.map((node) => (
            <Combobox.Option key={node.id} value={String(node.id)} className={styles.option ?? ''}>
              <NodeIcon type={node.type} />
              <Found path={node.path} search={wanted} />
              <small>{node.attributes.dataType}</small>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

/** The path with the searched part marked. */
function Found({ path, search }: { path: string; search: string }) {
  const at = search === '' ? -1 : path.toLowerCase().lastIndexOf(search.toLowerCase());
  if (at < 0) return <span>{path}</span>;
  return (
    <span>
      {path.slice(0, at)}
      <mark>{path.slice(at, at + search.length)}</mark>
      {path.slice(at + search.length)}
    </span>
  );
}
