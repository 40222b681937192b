import type { RunStatus, TimelineEvent } from '@bigeye/contracts';
import { Skeleton } from '@mantine/core';
import { useNow } from '../../lib/clock.ts';
import { formatDuration, formatExact } from '../../lib/format.ts';
import { sharesOf, stagesOf, stationWords } from './timeline.ts';
import styles from './timeline-bar.module.css';

/** Where the time went, stage by stage. The stage in which the agent worked has the colour of the run's status. */
export function TimelineBar({ events, status }: { events: TimelineEvent[] | undefined; status: RunStatus }) {
  const now = useNow().getTime();
  if (!events) return <Skeleton className={styles.waiting ?? ''} />;
  const stages = stagesOf(events);
  const shares = sharesOf(stages, now);
  const decisive = stages.findLastIndex(({ begins, to }) => begins === 'started' || to === null);
  return (
    <ol className={styles.bar} aria-label="Where the time went">
      {stages.map(({ name, from, to }, index) => {
        const coloured = index === decisive || (decisive < 0 && index === stages.length - 1);
        return (
          <li
            key={name}
            className={`${styles.stage} ${to === null ? styles.open : ''}`}
            // Shares of less than one in all would leave a part of the line empty.
            style={{ flexGrow: (shares[index] ?? 0) * 100, flexBasis: 0 }}
            title={`${formatExact(new Date(from))}${to === null ? '' : ` – ${formatExact(new Date(to))}`}`}
          >
            <div className={`${styles.line} ${coloured ? styles[status] : ''}`} />
            <div className={styles.label}>
              <b>{name}</b> <span>{formatDuration((to ?? Math.max(now, from)) - from)}</span>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** Every station with its time since the run was asked for. */
export function Stations({ events }: { events: TimelineEvent[] }) {
  const first = events[0];
  return (
    <ol className={styles.events}>
      {events.map(({ kind, at, detail }) => (
        <li key={`${kind} ${at}`}>
          <span>{stationWords[kind]}</span>
          <time className="numbers quiet" dateTime={at} title={formatExact(new Date(at))}>
            +{formatDuration(Date.parse(at) - Date.parse(first?.at ?? at))}
          </time>
          {detail && <small>{detail}</small>}
        </li>
      ))}
    </ol>
  );
}
