import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import type { KeyboardEvent, ReactNode } from 'react';
import { Icon, type IconName } from '../../components/icon.tsx';
import { formatCount } from '../../lib/format.ts';
import styles from './log.module.css';
import type { LogRows } from './use-log-rows.ts';

interface Props {
  state: ReactNode;
  search: string;
  setSearch: (search: string) => void;
  rows: LogRows;
  /** Index among the matches. */
  match: number;
  moveMatch: (by: number) => void;
  wrap: boolean;
  setWrap: (wrap: boolean) => void;
  stderrOnly: boolean;
  setStderrOnly: (only: boolean) => void;
  jumpToError: () => void;
  /** Undefined where there is nothing to download any more. */
  downloadUrl: string | undefined;
}

export function LogBar(props: Props) {
  const { state, search, setSearch, rows, match, moveMatch, wrap, setWrap, stderrOnly, setStderrOnly } = props;
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter') moveMatch(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') setSearch('');
  };
  return (
    <div className={styles.bar}>
      <h2 className={styles.title}>Log</h2>
      <span className={styles.state}>{state}</span>
      {search !== '' && <span className={styles.count}>{matchWords(rows, match)}</span>}
      <TextInput
        className={styles.search ?? ''}
        size="xs"
        aria-label="Search the log"
        placeholder="Search"
        leftSection={<Icon name="search" size={14} />}
        rightSection={search === '' ? <kbd>/</kbd> : null}
        data-search
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      {search !== '' && (
        <>
          <Tool icon="up" label="Previous match (Shift+Enter)" onClick={() => moveMatch(-1)} />
          <Tool icon="down" label="Next match (Enter)" onClick={() => moveMatch(1)} />
        </>
      )}
      <Tool icon="warning" label="Jump to the error" onClick={props.jumpToError} />
      <Tool icon="wrap" label="Wrap long lines" pressed={wrap} onClick={() => setWrap(!wrap)} />
      <Tooltip label="Only what was written to standard error">
        <ActionIcon
          color="gray"
          w={52}
          aria-pressed={stderrOnly}
          className={stderrOnly ? (styles.on ?? '') : ''}
          onClick={() => setStderrOnly(!stderrOnly)}
          style={{ fontSize: 12 }}
        >
          stderr
        </ActionIcon>
      </Tooltip>
      {props.downloadUrl !== undefined && (
        <Tooltip label="Download the whole log">
          <ActionIcon component="a" href={props.downloadUrl} download color="gray" aria-label="Download the whole log">
            <Icon name="download" />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}

function Tool({
  icon,
  label,
  pressed,
  onClick,
}: {
  icon: IconName;
  label: string;
  pressed?: boolean;
  onClick: () => void;
}) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        color="gray"
        aria-label={label}
        aria-pressed={pressed}
        className={pressed ? (styles.on ?? '') : ''}
        onClick={onClick}
      >
        <Icon name={icon} />
      </ActionIcon>
    </Tooltip>
  );
}

function matchWords({ matches, searched }: LogRows, match: number): string {
  if (matches.length > 0) return `${formatCount(match + 1)} of ${formatCount(matches.length)}${searched ? '+' : ''}`;
  return searched ? `${Math.floor((100 * searched.done) / searched.of)} % read` : 'not found';
}
