import { type ComboboxItem, Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, type QueryKey, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { ListPage } from '../lib/pages.ts';

const typingMs = 150;

export interface Choice {
  value: string;
  label: string;
  disabled?: boolean;
}

interface Props<Item>
  extends Pick<SelectProps, 'label' | 'placeholder' | 'size' | 'className' | 'clearable' | 'withAsterisk' | 'error'>,
    Pick<SelectProps, 'leftSection' | 'aria-label' | 'allowDeselect' | 'openOnFocus'> {
  /** The first page of what holds `search`. */
  find: (search: string) => { queryKey: QueryKey; queryFn: () => Promise<ListPage<Item>> };
  toChoice: (item: Item) => Choice;
  renderItem?: (item: Item) => ReactNode;
  chosen: Choice | undefined;
  /** undefined: nothing any more. */
  onChoose: (item: Item | undefined) => void;
  /** Told where nothing holds what was typed. */
  nothingFound: string;
  /** The key `/` goes here. */
  isSearchOfPage?: boolean;
}

/** A choice out of a list of any length: what is typed is looked for where the list is, and a page of what is found is offered. */
export function SearchingSelect<Item>({
  find,
  toChoice,
  renderItem,
  chosen,
  onChoose,
  nothingFound,
  isSearchOfPage = false,
  ...select
}: Props<Item>) {
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  // The name of what is chosen stands there without anybody having looked for it.
  const [wanted] = useDebouncedValue(search === chosen?.label ? '' : search.trim(), typingMs);
  const found = useQuery({ ...find(wanted), enabled: isOpen, placeholderData: keepPreviousData });
  const items = new Map((found.data?.items ?? []).map((item) => [toChoice(item).value, item]));
  const choices = [...items.values()].map(toChoice);
  const isChosenMissing = chosen && !items.has(chosen.value);
  const more = found.data?.nextCursor
    ? [{ value: '', label: 'Type more of the name: there are more', disabled: true }]
    : [];
  const empty = found.isError ? 'They could not be read' : found.isFetching ? 'Searching …' : nothingFound;
  return (
    <Select
      {...select}
      searchable
      searchValue={search}
      onSearchChange={setSearch}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={() => setOpen(false)}
      value={chosen?.value ?? null}
      onChange={(value) => onChoose(value === null ? undefined : items.get(value))}
      data={[...choices, ...(isChosenMissing ? [chosen] : []), ...more]}
      filter={({ options, search: typed }) => (options as ComboboxItem[]).filter((option) => isOffered(option, typed))}
      renderOption={({ option }) => {
        const item = items.get(option.value);
        return item && renderItem ? renderItem(item) : <span>{option.label}</span>;
      }}
      nothingFoundMessage={empty}
      data-search={isSearchOfPage || undefined}
    />
  );
}

/** What was found for an earlier, shorter text is narrowed at once; the note below the list stays. */
const isOffered = ({ value, label }: ComboboxItem, typed: string): boolean =>
  value === '' || label.toLowerCase().includes(typed.trim().toLowerCase());
