import { plural, type Run } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import { NextPage } from '../../components/next-page.tsx';
import { ReadTrouble } from '../../components/page.tsx';
import { Status } from '../../components/status.tsx';
import { Ago, Duration } from '../../components/time.tsx';
import { shortId } from '../../lib/format.ts';
import { isMissing } from '../../lib/read.ts';
import { type RunListFilter, useRuns } from './api.ts';
import { resultWords } from './run-answer.ts';
import styles from './runs.module.css';

const columns: Column<Run>[] = [
  {
    name: 'Run',
    width: 88,
    cell: (run) => (
      <Link to="/runs/$runId" params={{ runId: run.id }} data-row-link className="mono" title={run.id}>
        {shortId(run.id)}
      </Link>
    ),
  },
  { name: 'Status', width: 112, cell: (run) => <Status status={run.status} /> },
  {
    name: 'Job',
    width: 150,
    grows: 2,
    cell: (run) => (
      <Link to="/jobs/$jobId" params={{ jobId: run.jobId }} className={styles.job} title={run.jobName}>
        {run.jobName}
      </Link>
    ),
  },
  {
    name: 'Result',
    width: 160,
    grows: 3,
    leftOut: 4,
    cell: (run) => {
      const words = resultWords(run);
      return (
        words && (
          <span title={words} className="quiet">
            {words}
          </span>
        )
      );
    },
  },
  { name: 'Host', width: 110, grows: 1, leftOut: 3, cell: (run) => <span title={run.hostId}>{run.hostId}</span> },
  { name: 'Queued', width: 112, leftOut: 1, cell: (run) => <Ago at={run.queuedAt} /> },
  { name: 'Took', width: 100, leftOut: 2, end: true, cell: (run) => <Took run={run} /> },
];

interface Props {
  filter: RunListFilter;
  label: string;
  /** Columns that say nothing here. */
  without?: string[];
  /** Shown instead of a table without rows. */
  empty: ReactNode;
  /** False where the page says already why runs cannot be read. */
  withTrouble?: boolean;
}

/** Runs, newest first. Rows change in place; runs that came meanwhile wait behind a button, so that nothing jumps. */
export function RunsTable({ filter, label, without = [], empty, withTrouble = true }: Props) {
  const { runs, ...query } = useRuns(filter);
  const { shown, waiting, showAll } = useHeldBack(runs, JSON.stringify(filter));

  if (isMissing(query)) return withTrouble ? <ReadTrouble reads={[query]} /> : null;
  if (runs?.length === 0) return empty;
  return (
    <>
      {waiting > 0 && (
        <div className={styles.newer} role="status">
          <Button variant="default" size="compact-sm" radius="xl" onClick={showAll}>
            {plural(waiting, 'new run')}
          </Button>
        </div>
      )}
      <DataTable
        label={label}
        columns={columns.filter(({ name }) => !without.includes(name))}
        rows={shown}
        rowKey={(run) => run.id}
        expectedRows={10}
      />
      <NextPage list={query} label="Older runs" />
    </>
  );
}

/** Holds back runs newer than the newest that was there when the list was opened or last brought up to date. */
function useHeldBack(runs: Run[] | undefined, listKey: string) {
  const [newest, setNewest] = useState<{ listKey: string; queuedAt: string }>();
  const top = runs?.[0]?.queuedAt;
  if (top !== undefined && newest?.listKey !== listKey) setNewest({ listKey, queuedAt: top });
  const shown = runs?.filter(({ queuedAt }) => newest?.listKey !== listKey || queuedAt <= newest.queuedAt);
  return {
    shown,
    waiting: (runs?.length ?? 0) - (shown?.length ?? 0),
    showAll: () => top !== undefined && setNewest({ listKey, queuedAt: top }),
  };
}

function Took({ run: { startedAt, finishedAt, status } }: { run: Run }) {
  if (!startedAt) return <span className="faint">{status === 'queued' ? 'waiting' : 'not started'}</span>;
  return <Duration from={startedAt} to={finishedAt} />;
}
