import { drainWordsOf, type Host, type HostState as State } from '@bigeye/contracts';
import { Ago } from '../../components/time.tsx';
import { useNow } from '../../lib/clock.ts';
import { formatExact, formatSince } from '../../lib/format.ts';
import styles from './hosts.module.css';

/** Filled, hollow, dashed, crossed out: told apart without colour. */
export function HostStateIcon({ state }: { state: State }) {
  return (
    <svg
      className={styles[state]}
      width="12"
      height="12"
      viewBox="0 0 12 12"
      aria-hidden="true"
      style={{ flex: 'none' }}
    >
      <circle
        cx="6"
        cy="6"
        r="4"
        fill={state === 'online' ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth="1.6"
        strokeDasharray={state === 'registered' ? '2 1.6' : undefined}
      />
      {state === 'revoked' && <path d="M3.2 3.2 8.8 8.8" stroke="currentColor" strokeWidth="1.6" />}
    </svg>
  );
}

/** The state with its proof of life. */
export function HostState({ host }: { host: Host }) {
  return (
    <span className={styles.state}>
      <HostStateIcon state={host.state} />
      <HostStateWords host={host} />
    </span>
  );
}

function HostStateWords({ host }: { host: Host }) {
  const { state, lastSeenAt, registeredAt, revokedAt, drain } = host;
  const now = useNow();
  if (state === 'revoked' && revokedAt)
    return (
      <span>
        Revoked <Ago at={revokedAt} />
      </span>
    );
  if (state === 'registered' || !lastSeenAt)
    return (
      <span>
        Registered <Ago at={registeredAt} />
        <span className="faint"> · never heard of</span>
      </span>
    );
  const seen = new Date(lastSeenAt);
  const words = drainWordsOf(host);
  if (drain && words)
    return (
      <span title={`Since ${formatExact(new Date(drain.since))}, by ${drain.by}: ${drain.note}`}>
        {state === 'online' ? 'Online' : 'Offline'}
        <span className="faint"> · </span>
        {words}
      </span>
    );
  if (state === 'offline')
    return (
      <time dateTime={lastSeenAt} title={formatExact(seen)}>
        Offline since {formatSince(seen, now)}
      </time>
    );
  return (
    <span>
      Online
      <span className="faint">
        {' '}
        · heard <Ago at={lastSeenAt} />
      </span>
    </span>
  );
}
