import type { HostId } from '@bigeye/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { LinkButton } from '../../components/link-button.tsx';
import { Answer, Page } from '../../components/page.tsx';
import { useMay } from '../access/api.ts';
import { NotAllowed } from '../access/not-allowed.tsx';
import { followedHostQuery, hostSetupQuery, keyOfHostQuery, otherHostQuery, useCreateRegistrationKey } from './api.ts';
import { KeyForm } from './key-form.tsx';
import { OpenKeys } from './open-keys.tsx';
import styles from './register.module.css';
import { RegisterSteps } from './register-steps.tsx';
import { answerOf, isRegistered, progressOf } from './registration-progress.ts';

const route = getRouteApi('/shell/settings/agents/hosts/register');

/** From a machine to a host that runs its first job, by what stands here. */
export function RegisterHostPage() {
  const may = useMay('createRegistrationKey');
  return (
    <Page title="Register a host">
      {may ? (
        <Registration />
      ) : (
        <>
          <Answer answer="Only admins register hosts" />
          <NotAllowed name="createRegistrationKey" />
        </>
      )}
    </Page>
  );
}

function Registration() {
  const { host: hostId } = route.useSearch();
  const navigate = route.useNavigate();
  const setup = useQuery(hostSetupQuery);
  const host = useQuery(followedHostQuery(hostId));
  const key = useQuery(keyOfHostQuery(hostId));
  const other = useQuery(otherHostQuery(hostId));
  const create = useCreateRegistrationKey();
  const made = create.data?.info.hostId === hostId ? create.data : undefined;
  const isRead = setup.data && (!hostId || (host.data !== undefined && key.data !== undefined && !other.isPending));
  const progress = hostId && isRead ? progressOf({ host: host.data, key: key.data, made: made?.info }) : undefined;
  const isUnderWay = progress && (progress.stage === 'waiting' || isRegistered(progress.stage));
  const makeKey = (body: { hostId: HostId; replaces: boolean }) =>
    create.mutate(body, { onSuccess: () => navigate({ search: { host: body.hostId } }) });
  return (
    <>
      <Answer
        answer={isRead && (hostId && progress ? answerOf(hostId, progress) : 'Register a host')}
        reads={hostId ? [setup, host, key, other] : [setup]}
        of="What it takes to register a host"
        actions={
          isUnderWay && (
            <LinkButton to="/settings/agents/hosts/register" search={{}} variant="default" onClick={create.reset}>
              Another host
            </LinkButton>
          )
        }
      />
      <div className={styles.page}>
        {isRead && isUnderWay && hostId && (
          <RegisterSteps
            key={hostId}
            setup={setup.data}
            otherHost={other.data ?? undefined}
            progress={progress}
            hostId={hostId}
            registrationKey={made?.registrationKey}
            makeKey={makeKey}
            isMaking={create.isPending}
          />
        )}
        {isRead && !isUnderWay && (
          <KeyForm
            key={hostId ?? ''}
            initial={hostId ?? ''}
            isPending={create.isPending}
            error={create.error}
            onSubmit={makeKey}
          />
        )}
        <OpenKeys without={hostId} />
      </div>
    </>
  );
}
