import { Outlet } from '@tanstack/react-router';
import { AccountMenu } from '../features/access/account-menu.tsx';
import { Breadcrumbs } from './breadcrumbs.tsx';
import { useKeptFocus } from './keep-focus.ts';
import { Keyboard } from './keyboard.tsx';
import { Rail } from './rail.tsx';
import styles from './shell.module.css';

/** What stands around every page once somebody is signed in. */
export function Shell() {
  useKeptFocus();
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        Skip to the content
      </a>
      <Rail />
      <div>
        <header className={styles.header}>
          <Breadcrumbs />
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
