import type { RunStatus } from '@bigeye/contracts';
import type { ReactNode } from 'react';
import styles from './status.module.css';

export const runStatusWords: Record<RunStatus, string> = {
  queued: 'Queued',
  running: 'Running',
  succeeded: 'Succeeded',
  failed: 'Failed',
  timed_out: 'Timed out',
  canceled: 'Canceled',
};

/** Six shapes, told apart without colour: dashed ring, ring with a dot, tick, cross, clock, slash. */
const shapes: Record<RunStatus, ReactNode> = {
  queued: <circle cx="8" cy="8" r="6" strokeDasharray="2.4 2.3" />,
  running: (
    <>
      <circle cx="8" cy="8" r="6" />
      <circle className={styles.pulse} cx="8" cy="8" r="3" fill="currentColor" stroke="none" />
    </>
  ),
  succeeded: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" stroke="none" />
      <path d="m5 8.3 2.1 2.1L11 6.2" stroke="var(--bg)" strokeWidth="1.7" />
    </>
  ),
  failed: (
    <>
      <path d="M5.1 1.2h5.8l3.9 3.9v5.8l-3.9 3.9H5.1L1.2 10.9V5.1z" fill="currentColor" stroke="none" />
      <path d="m5.7 5.7 4.6 4.6m0-4.6-4.6 4.6" stroke="var(--bg)" strokeWidth="1.7" />
    </>
  ),
  timed_out: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.5V8l2.3 1.6" />
    </>
  ),
  canceled: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="m3.9 12.1 8.2-8.2" />
    </>
  ),
};

export function StatusIcon({ status, size = 14 }: { status: RunStatus; size?: number }) {
  return (
    <svg
      className={`${styles.icon} ${styles[status]}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {shapes[status]}
    </svg>
  );
}

/** Shape, word and colour. */
export function Status({ status }: { status: RunStatus }) {
  return (
    <span className={styles.status}>
      <StatusIcon status={status} />
      {runStatusWords[status]}
    </span>
  );
}
