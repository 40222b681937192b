import { Combobox, Loader, TextInput, useCombobox } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import { Icon } from '../../components/icon.tsx';
import { sentencesOf } from '../../components/notice.tsx';
import { NodeIcon, type NodeType } from './node-icon.tsx';
import styles from './node-search.module.css';

export interface FoundNode {
  id: number;
  type: NodeType;
  path: string;
  dataType?: string | undefined;
}

/** As many as are seen without scrolling: a list that scrolls cannot be reached beside a field that keeps the focus. */
const mostShown = 10;

interface Props {
  label: string;
  size: 'xs' | 'sm' | 'md';
  className?: string | undefined;
  search: string;
  setSearch: (search: string) => void;
  /** What `found` is the answer to. */
  wanted: string;
  found: FoundNode[] | undefined;
  error?: unknown;
  /** At the right of the field. */
  hint?: ReactNode;
  isFetching?: boolean;
  isSearchOfPage?: boolean;
  autoFocus?: boolean;
  choose: (id: number) => void;
}

/** A field with what was found below it; Enter takes the first. */
export function NodeSearch(props: Props) {
  const { label, search, setSearch, wanted, found, error, choose } = props;
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const { selectFirstOption } = combobox;
  // biome-ignore lint/correctness/useExhaustiveDependencies: Enter takes the first of whatever was found.
  useEffect(() => {
    if (wanted !== '') selectFirstOption();
  }, [wanted, found]);
  const submit = (id: string) => {
    combobox.closeDropdown();
    setSearch('');
    choose(Number(id));
  };
  return (
    <Combobox
      store={combobox}
      onOptionSubmit={submit}
      shadow="md"
      withinPortal={false}
      transitionProps={{ duration: 0 }}
    >
      <Combobox.Target>
        <TextInput
          className={`${styles.search} ${props.className ?? ''}`}
          size={props.size}
          aria-label={label}
          placeholder={label}
          leftSection={<Icon name="search" size={14} />}
          rightSection={props.isFetching ? <Loader size={14} color="gray" /> : props.hint}
          {...(props.isSearchOfPage && { 'data-search': true })}
          autoFocus={props.autoFocus ?? false}
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
            combobox.openDropdown();
          }}
          onFocus={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={found === undefined && !error}>
        <Combobox.Options aria-label="What was found">
          {error !== undefined && error !== null && <Combobox.Empty>{sentencesOf(error).message}</Combobox.Empty>}
          {found?.length === 0 && <Combobox.Empty>Nothing is named like “{wanted}”.</Combobox.Empty>}
          {found?.slice(0, mostShown).map(({ id, type, path, dataType }) => (
            <Combobox.Option key={id} value={String(id)} className={styles.option ?? ''}>
              <NodeIcon type={type} />
              <Found path={path} search={wanted} />
              <small>{dataType}</small>
            </Combobox.Option>
          ))}
        </Combobox.Options>
        {found && found.length > mostShown && <Combobox.Footer>There are more: type on.</Combobox.Footer>}
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
