import { useQuery } from '@tanstack/react-query';
import { ErrorNotice } from '../../components/notice.tsx';
import { Answer, Facts, Page, Section } from '../../components/page.tsx';
import { Ago } from '../../components/time.tsx';
import { sessionsQuery, useUser } from './api.ts';
import { ChangePassword } from './change-password.tsx';
import { SessionsTable } from './sessions-table.tsx';

/** Who am I here, and from where am I signed in? */
export function ProfilePage() {
  const user = useUser();
  const sessions = useQuery(sessionsQuery);
  const count = sessions.data?.length;
  return (
    <Page title="Profile">
      <Answer
        answer={
          count !== undefined && user
            ? `${user.name}: ${count === 1 ? '1 session' : `${count} sessions`}.`
            : sessions.error
              ? 'The sessions could not be read.'
              : undefined
        }
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
      {sessions.error && !sessions.data ? (
        <ErrorNotice error={sessions.error} retry={() => void sessions.refetch()} />
      ) : (
        <SessionsTable sessions={sessions.data} />
      )}
    </Page>
  );
}
