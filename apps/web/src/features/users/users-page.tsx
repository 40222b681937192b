import type { User } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import filters from '../../components/filters.module.css';
import { Icon } from '../../components/icon.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { NextPage } from '../../components/next-page.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Answer, Page } from '../../components/page.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Ago } from '../../components/time.tsx';
import { isMissing } from '../../lib/read.ts';
import { nameSearchOf } from '../../lib/search-of.ts';
import { useUser } from '../access/api.ts';
import { userSummaryQuery, usersQuery } from './api.ts';
import { CreateUser } from './create-user.tsx';
import { UserDialog } from './user-dialog.tsx';
import { type UserAction, UserMenu } from './user-menu.tsx';
import { usersAnswer } from './users-answer.ts';

const route = getRouteApi('/shell/settings/users');

/** Who can come in, and what may they do? Only admins get here, so there is always somebody. */
export function UsersPage() {
  const me = useUser();
  const { search } = route.useSearch();
  const navigate = useNavigate();
  const summary = useQuery(userSummaryQuery);
  const users = useInfiniteQuery(usersQuery(search));
  const [isCreating, creating] = useDisclosure();
  const [asked, ask] = useState<{ user: User; action: UserAction }>();
  return (
    <Page title="Users">
      <Answer
        answer={summary.data && usersAnswer(summary.data)}
        reads={[summary, users]}
        of="The users"
        actions={
          <Button data-create onClick={creating.open} leftSection={<Icon name="plus" />}>
            Create a user
          </Button>
        }
      />
      <search className={filters.filters} aria-label="Filter the users">
        <SearchField
          label="Who"
          value={search ?? ''}
          onChange={(typed) => void navigate({ to: '/settings/users', search: nameSearchOf({ search: typed }) })}
        />
      </search>
      {users.data?.length === 0 && (
        <EmptyState title="Nobody is called that" text="No user has this in the name or the e-mail address.">
          <LinkButton to="/settings/users" search={{}} variant="default">
            Show all users
          </LinkButton>
        </EmptyState>
      )}
      {!isMissing(users) && users.data?.length !== 0 && (
        <DataTable
          label="Users"
          columns={columnsFor(me, (user, action) => ask({ user, action }))}
          rows={users.data}
          rowKey={({ id }) => id}
          expectedRows={3}
        />
      )}
      <NextPage list={users} label="More users" />
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
