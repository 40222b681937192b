import { Tooltip } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Link, type LinkProps, useLocation } from '@tanstack/react-router';
import { Icon, type IconName } from '../components/icon.tsx';
import { useUser } from '../features/access/api.ts';
import styles from './shell.module.css';

interface Place {
  name: string;
  icon: IconName;
  to: NonNullable<LinkProps['to']>;
  /** How the addresses of pages begin that belong here and do not lie below `to`. */
  also?: string;
}

const places: Place[] = [
  { name: 'Runs', icon: 'runs', to: '/runs' },
  { name: 'Jobs', icon: 'jobs', to: '/jobs' },
  { name: 'Lineage', icon: 'lineage', to: '/lineage' },
];
const agentSettings: Place[] = [{ name: 'Hosts', icon: 'hosts', to: '/settings/agents/hosts', also: '/hosts/' }];
const settings: (Place & { adminOnly?: true })[] = [
  { name: 'API Keys', icon: 'key', to: '/settings/api-keys' },
  { name: 'Users', icon: 'user', to: '/settings/users', adminOnly: true },
  { name: 'Audit', icon: 'audit', to: '/settings/audit', adminOnly: true },
  { name: 'Storage', icon: 'storage', to: '/settings/storage', adminOnly: true },
];

export function Rail() {
  const isAdmin = useUser()?.role === 'admin';
  return (
    <nav className={styles.rail} aria-label="Main">
      <Link to="/runs" search={{}} className={styles.brand ?? ''} activeProps={{ 'aria-current': false }}>
        <Mark />
        <span>Agent Orchestrator</span>
      </Link>
      {places.map((place) => (
        <RailLink key={place.name} place={place} />
      ))}
      <div className={styles.group}>Settings · Agents</div>
      {agentSettings.map((place) => (
        <RailLink key={place.name} place={place} />
      ))}
      <div className={styles.group}>Settings</div>
      {settings
        .filter(({ adminOnly }) => isAdmin || !adminOnly)
        .map((place) => (
          <RailLink key={place.name} place={place} />
        ))}
      <div className={styles.space} />
      <a className={styles.link} href="/docs" target="_blank" rel="noreferrer">
        <Icon name="docs" />
        <span>API docs</span>
      </a>
    </nav>
  );
}

function RailLink({ place }: { place: Place }) {
  const iconsOnly = useMediaQuery('(max-width: 960px)');
  const isAlso = useLocation({ select: ({ pathname }) => place.also !== undefined && pathname.startsWith(place.also) });
  return (
    <Tooltip label={place.name} position="right" disabled={!iconsOnly}>
      <Link
        to={place.to}
        className={styles.link ?? ''}
        activeOptions={{ includeSearch: false }}
        {...(isAlso ? { 'aria-current': 'page' as const } : {})}
      >
        <Icon name={place.icon} />
        <span>{place.name}</span>
      </Link>
    </Tooltip>
  );
}

function Mark() {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 32 32"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.8"
      aria-hidden="true"
    >
      <path d="M3 16c4-7 8-10 13-10s9 3 13 10c-4 7-8 10-13 10S7 23 3 16z" />
      <circle cx="16" cy="16" r="4.5" fill="currentColor" stroke="none" />
    </svg>
  );
}
