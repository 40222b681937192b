import type { User } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import { Icon } from '../../components/icon.tsx';
import { Answer, Page } from '../../components/page.tsx';
import { Ago } from '../../components/time.tsx';
import { isMissing } from '../../lib/read.ts';
import { useUser } from '../access/api.ts';
import { usersQuery } from './api.ts';
import { CreateUser } from './create-user.tsx';
import { UserDialog } from './user-dialog.tsx';
import { type UserAction, UserMenu } from './user-menu.tsx';
import { usersAnswer } from './users-answer.ts';

/** Who can come in, and what may they do? Only admins get here, so there is always one row. */
export function UsersPage() {
  const me = useUser();
  const users = useQuery(usersQuery);
  const [isCreating, creating] = useDisclosure();
  const [asked, ask] = useState<{ user: User; action: UserAction }>();
  return (
    <Page title="Users">
      <Answer
        answer={users.data && usersAnswer(users.data)}
        reads={[users]}
        of="The users"
        actions={
          <Button data-create onClick={creating.open} leftSection={<Icon name="plus" />}>
            Create a user
          </Button>
        }
      />
      {!isMissing(users) && (
        <DataTable
          label="Users"
          columns={columnsFor(me, (user, action) => ask({ user, action }))}
          rows={users.data}
          rowKey={({ id }) => id}
          expectedRows={3}
        />
      )}
      {isCreating && <CreateUser onClose={creating.close} />}
      {asked && <UserDialog {...asked} onClose={() => ask(undefined)} />}
    </Page>
  );
}

const columnsFor = (me: User | undefined, ask: (user: User, action: UserAction) => void): Column<User>[] => [
  {
    name: 'Name',
    width: 150,
    grows: 2,
    cell: (user) => (
      <button type="button" data-row-link onClick={() => ask(user, 'edit')} title={`Edit ${user.name}`}>
        {user.name}
        {user.id === me?.id && <span className="quiet"> · you</span>}
      </button>
    ),
  },
  { name: 'E-mail', width: 170, grows: 3, leftOut: 1, cell: ({ email }) => <span title={email}>{email}</span> },
  { name: 'Role', width: 90, cell: ({ role }) => role },
  { name: 'Sign-in', width: 190, leftOut: 2, cell: (user) => <SignIn user={user} /> },
  { name: 'Since', width: 112, leftOut: 3, cell: ({ createdAt }) => <Ago at={createdAt} /> },
  {
    name: '_Actions',
    width: 60,
    end: true,
    cell: (user) => <UserMenu user={user} isSelf={user.id === me?.id} ask={(action) => ask(user, action)} />,
  },
];

function SignIn({ user: { disabledAt, hasPassword, usesSingleSignOn } }: { user: User }) {
  if (disabledAt) return <span className="faint">disabled</span>;
  if (usesSingleSignOn) return <>{hasPassword ? 'single sign-on, password' : 'single sign-on'}</>;
  return hasPassword ? <>password</> : <span className="quiet">no password yet</span>;
}
