import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { LinkButton } from '../../components/link-button.tsx';
import { Answer, Page } from '../../components/page.tsx';
import { isMissing } from '../../lib/read.ts';
import { useUser } from '../access/api.ts';
import { userQuery } from '../users/api.ts';
import { type KeysOf, keySummaryQuery } from './api.ts';
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
      <OwnAnswer />
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

function OwnAnswer() {
  const summary = useQuery(keySummaryQuery('me'));
  // The tables below say why.
  if (isMissing(summary)) return <Answer answer="The keys could not be read." />;
  return <Answer answer={summary.data && keysAnswer(summary.data)} reads={[summary]} />;
}

function KeysOfUser({ userId }: { userId: Exclude<KeysOf, 'me' | 'agents'> }) {
  const user = useQuery(userQuery(userId));
  const summary = useQuery(keySummaryQuery(userId));
  const name = user.data?.name ?? 'this user';
  return (
    <Page title="API Keys">
      <Answer
        answer={
          isMissing(summary)
            ? 'The keys could not be read.'
            : summary.data && `${name}: ${keysAnswer({ ...summary.data, agents: null })}`
        }
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
