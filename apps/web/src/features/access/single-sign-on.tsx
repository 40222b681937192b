import { AppError, apiRoutes } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ErrorNotice } from '../../components/notice.tsx';
import { signInMethodsQuery } from './api.ts';
import styles from './sign-in-page.module.css';

const route = getRouteApi('/sign-in');

/** The way to the OpenID provider, and what came of it. Nothing where there is none. */
export function SingleSignOn() {
  const { to, error, retryAfterSeconds } = route.useSearch();
  const offered = useQuery(signInMethodsQuery).data?.singleSignOn;
  if (!offered && !error) return null;
  const query = to === undefined ? '' : `?${new URLSearchParams({ to })}`;
  return (
    <section className={styles.singleSignOn} aria-label="Single sign-on">
      {error && <ErrorNotice error={new AppError(error, { retryAfterSeconds } as never)} />}
      {offered && (
        // Not a link of the router: the answer is a redirect to another site.
        <Button component="a" href={apiRoutes.startSingleSignOn.path + query} size="sm" fullWidth>
          Sign in with {offered.name}
        </Button>
      )}
    </section>
  );
}
