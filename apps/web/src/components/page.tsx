import { isAppError } from '@bigeye/contracts';
import { Skeleton } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { formatClock } from '../lib/format.ts';
import { isMissing, type Read, troubleOf } from '../lib/read.ts';
import { LinkButton } from './link-button.tsx';
import { ErrorNotice } from './notice.tsx';
import { useToldOutage } from './outage-banner.tsx';
import styles from './page.module.css';

export function Page({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Agent Orchestrator`;
  }, [title]);
  return <div className={styles.page}>{children}</div>;
}

interface AnswerProps {
  /** undefined: not known yet. */
  answer: ReactNode | undefined;
  actions?: ReactNode;
  /** What the answer is made of. Where one of them could not be read, this says so, why, and since when. */
  reads?: Read[];
  /** What could not be read, for example "The hosts". */
  of?: string;
}

/** The first line of a page: the answer to its question, as far as it is known, and what can be done. */
export function Answer({ answer, actions, reads = [], of = 'This page' }: AnswerProps) {
  const missing = reads.find(isMissing);
  const asOf = useAsOf(reads);
  return (
    <>
      <div className={styles.answer}>
        {missing ? (
          <h1 aria-live="polite">{of} could not be read.</h1>
        ) : answer === undefined ? (
          <Skeleton className={styles.waiting ?? ''} height={18} />
        ) : (
          <h1 aria-live="polite">
            {asOf && <span className={styles.asOf}>As of {formatClock(asOf)}: </span>}
            {answer}
          </h1>
        )}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      <ReadTrouble reads={reads} />
    </>
  );
}

/** When the oldest of what is shown was true, once it cannot be read anew. */
function useAsOf(reads: Read[]): Date | undefined {
  const outage = useToldOutage();
  const old = reads.filter((read) => read.data !== undefined && (outage || troubleOf(read)));
  return old.length === 0 ? undefined : new Date(Math.min(...old.map(({ dataUpdatedAt }) => dataUpdatedAt)));
}

/** Why something cannot be read. A passing fault is tried again by itself, and what is known stays meanwhile. */
export function ReadTrouble({ reads }: { reads: Read[] }) {
  const outage = useToldOutage();
  const read = reads.find(isMissing) ?? reads.find(troubleOf);
  if (!read || (outage && read.data !== undefined)) return null;
  return (
    <div className={styles.trouble}>
      <ErrorNotice
        error={troubleOf(read)}
        retry={() => void read.refetch()}
        action={isAppError(troubleOf(read), 'INVALID_INPUT') && <WithoutFilter />}
        triesAgain
      />
    </div>
  );
}

/** For an address with a filter that is not valid: a link to the same page without a filter. */
function WithoutFilter() {
  const { pathname, searchStr } = useLocation();
  if (searchStr === '') return null;
  return (
    <LinkButton to={pathname} search={{}} variant="default">
      Open without the filter
    </LinkButton>
  );
}

/** A list, and beside it what it is a list of. `asideLabel` names the second. */
export function WithAside({
  children,
  aside,
  asideLabel,
}: {
  children: ReactNode;
  aside: ReactNode;
  asideLabel: string;
}) {
  return (
    <div className={styles.columns}>
      <div>{children}</div>
      <aside aria-label={asideLabel}>{aside}</aside>
    </div>
  );
}

export function Section({ title }: { title: string }) {
  return <h2 className={styles.section}>{title}</h2>;
}

/** Names with their values; those without a value are left out. */
export function Facts({ facts }: { facts: [name: string, value: ReactNode][] }) {
  return (
    <dl className={styles.facts}>
      {facts
        .filter(([, value]) => value !== undefined && value !== null && value !== '')
        .map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
    </dl>
  );
}

function Fact({ name, value }: { name: string; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
