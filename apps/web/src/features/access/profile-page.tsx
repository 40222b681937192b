import { plural } from '@bigeye/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { NextPage } from '../../components/next-page.tsx';
import { Answer, Facts, Page, Section } from '../../components/page.tsx';
import { Ago } from '../../components/time.tsx';
import { isMissing } from '../../lib/read.ts';
import { sessionsQuery, useUser } from './api.ts';
import { ChangePassword } from './change-password.tsx';
import { SessionsTable } from './sessions-table.tsx';

/** Who am I here, and from where am I signed in? */
export function ProfilePage() {
  const user = useUser();
  const sessions = useInfiniteQuery(sessionsQuery);
  const count = sessions.data?.length;
  return (
    <Page title="Profile">
      <Answer
        answer={
          count !== undefined &&
          user &&
          `${user.name}: ${sessions.hasNextPage ? 'more than ' : ''}${plural(count, 'session')}.`
        }
        reads={[sessions]}
        of="The sessions"
      />
      {user && (
        <Facts
          facts={[
            ['Name', user.name],
            ['E-mail', user.email],
            ['Role', user.role],
            ['User since', <Ago key="since" at={user.createdAt} />],
          ]}
        />
      )}
      <Section title="Password" />
      {user && <ChangePassword user={user} />}
      <Section title="Sessions" />
      {!isMissing(sessions) && <SessionsTable sessions={sessions.data} />}
      <NextPage list={sessions} label="Older sessions" />
    </Page>
  );
}
