import type { LineageTable } from '@bigeye/contracts';
import { Button, Group, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useContext, useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { sentencesOf } from '../../components/notice.tsx';
import { troubleOf } from '../../lib/read.ts';
import { neighboursQuery } from './api.ts';
import { batch, type GraphActions, LightContext } from './graph-context.ts';
import type { Way } from './lineage-model.ts';
import { withoutDatabase } from './lineage-words.ts';
import styles from './more-list.module.css';
import { NodeIcon } from './node-icon.tsx';

/** One side of a table. */
export interface TableSide {
  table: LineageTable;
  way: Way;
  /** Neighbours that were asked for beyond the usual. */
  asked: number;
  /** Those that are drawn. */
  shown: ReadonlySet<number>;
  actions: GraphActions;
}

/** All neighbours of a table on one side: picked one by one, or shown in batches. */
export function MoreList({ table, way, asked, shown, actions, close }: TableSide & { close: () => void }) {
  const { picked } = useContext(LightContext);
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search.trim(), 150);
  const found = useInfiniteQuery(neighboursQuery(table.id, way, 'TABLE', wanted));
  const trouble = troubleOf(found);
  const neighbours = found.data?.pages.flatMap((page) => page.neighbours) ?? [];
  const next = Math.min(batch, table[way].leftOut);
  return (
    <div className={styles.list}>
      <TextInput
        size="xs"
        aria-label={`Search ${way} of ${table.name}`}
        placeholder={`Search ${table[way].tables} tables ${way}`}
        leftSection={<Icon name="search" size={14} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        data-autofocus
      />
      {trouble && <p role="alert">{sentencesOf(trouble).message}</p>}
      {found.data && neighbours.length === 0 && <p>Nothing is named like “{wanted}”.</p>}
      <ul>
        {neighbours.map(({ id, type, path }) => {
          const isPicked = picked.has(id);
          const isShown = shown.has(id) && !isPicked;
          return (
            <li key={id}>
              <button
                type="button"
                aria-pressed={isPicked || isShown}
                disabled={isShown}
                title={isShown ? `${path} is shown` : isPicked ? `Leave ${path} out` : `Show ${path}`}
                onClick={() => actions.pick(table.id, id)}
              >
                <NodeIcon type={type} />
                <span>{withoutDatabase(path)}</span>
                {(isPicked || isShown) && <Icon name="check" size={14} />}
              </button>
            </li>
          );
        })}
      </ul>
      {found.hasNextPage && (
        <Button
          variant="subtle"
          size="compact-xs"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          List more
        </Button>
      )}
      <Group gap={8}>
        {next > 0 && (
          <Button
            onClick={() => {
              actions.showMore(table.id, way, batch);
              close();
            }}
          >
            Show {next} more
          </Button>
        )}
        {asked > 0 && (
          <Button
            variant="default"
            onClick={() => {
              actions.foldMore(table.id, way);
              close();
            }}
          >
            Fold again
          </Button>
        )}
      </Group>
    </div>
  );
}
