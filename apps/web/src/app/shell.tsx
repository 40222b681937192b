import { Outlet } from '@tanstack/react-router';
import { Icon } from '../components/icon.tsx';
import { AccountMenu } from '../features/access/account-menu.tsx';
import { useConnectionLost } from '../lib/connection.ts';
import { Breadcrumbs } from './breadcrumbs.tsx';
import { Keyboard } from './keyboard.tsx';
import { Rail } from './rail.tsx';
import styles from './shell.module.css';

/** What stands around every page once somebody is signed in. */
export function Shell() {
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <Rail />
      <div>
        <header className={styles.header}>
          <Breadcrumbs />
          <ConnectionState />
          <AccountMenu />
        </header>
        <main id="content" tabIndex={-1} style={{ outline: 'none' }}>
          <Outlet />
        </main>
      </div>
      <Keyboard />
    </div>
  );
}

function ConnectionState() {
  const lost = useConnectionLost();
  return (
    <div role="status">
      {lost && (
        <span className={styles.lost}>
          <Icon name="warning" /> Connection lost, trying again
        </span>
      )}
    </div>
  );
}
