import { Skeleton } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';
import styles from './page.module.css';

export function Page({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Agent Orchestrator`;
  }, [title]);
  return <div className={styles.page}>{children}</div>;
}

/** The first line of a page: the answer to its question, and what can be done. `answer` undefined: not known yet. */
export function Answer({ answer, actions }: { answer: ReactNode | undefined; actions?: ReactNode }) {
  return (
    <div className={styles.answer}>
      {answer === undefined ? (
        <Skeleton className={styles.waiting ?? ''} height={18} />
      ) : (
        <h1 aria-live="polite">{answer}</h1>
      )}
      {actions && <div className={styles.actions}>{actions}</div>}
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
