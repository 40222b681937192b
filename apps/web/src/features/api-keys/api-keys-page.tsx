import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { LinkButton } from '../../components/link-button.tsx';
import { Answer, Page } from '../../components/page.tsx';
import { isMissing } from '../../lib/read.ts';
import { useUser } from '../access/api.ts';
import { usersQuery } from '../users/api.ts';
import { apiKeysQuery, type KeysOf } from './api.ts';
import { keysAnswer } from './keys-answer.ts';
import { KeysSection } from './keys-section.tsx';

const route = getRouteApi('/shell/settings/api-keys');

/** Which keys open this, and are they used? */
export function ApiKeysPage() {
  const user = useUser();
  const { user: otherId } = route.useSearch();
  const isAdmin = user?.role === 'admin';
  if (otherId !== undefined && otherId !== user?.id) return <KeysOfUser userId={otherId} />;
  return (
    <Page title="API Keys">
      <OwnAnswer isAdmin={isAdmin} />
      <KeysSection
        of="me"
        title="Personal API keys"
        about="For the CLI and scripts. Each may do what you may."
        action="Create personal key"
      />
      {isAdmin && (
        <KeysSection
          of="agents"
          title="Agent API keys"
          about="For hosts and agents. They belong to nobody, so they stay when people leave."
          action="Create agent key"
        />
      )}
    </Page>
  );
}

function OwnAnswer({ isAdmin }: { isAdmin: boolean }) {
  const personal = useQuery(apiKeysQuery('me'));
  const agents = useQuery({ ...apiKeysQuery('agents'), enabled: isAdmin });
  const reads = isAdmin ? [personal, agents] : [personal];
  const answer = personal.data && (!isAdmin || agents.data) ? keysAnswer(personal.data, agents.data) : undefined;
  // The tables below say why.
  return reads.some(isMissing) ? (
    <Answer answer="The keys could not be read." />
  ) : (
    <Answer answer={answer} reads={reads} />
  );
}

function KeysOfUser({ userId }: { userId: Exclude<KeysOf, 'me' | 'agents'> }) {
  const users = useQuery(usersQuery);
  const keys = useQuery(apiKeysQuery(userId));
  const name = users.data?.find(({ id }) => id === userId)?.name ?? 'this user';
  return (
    <Page title="API Keys">
      <Answer
        answer={isMissing(keys) ? 'The keys could not be read.' : keys.data && `${name}: ${keysAnswer(keys.data)}`}
        actions={
          <LinkButton to="/settings/users" variant="default">
            All users
          </LinkButton>
        }
      />
      <KeysSection
        of={userId}
        title={`Personal API keys of ${name}`}
        about="Each may do what its user may."
        action="Create personal key"
      />
    </Page>
  );
}
