import { agentTypes, drainWordsOf, type Host } from '@bigeye/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { LinkButton } from '../../components/link-button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Answer, Facts, Page, Section, WithAside } from '../../components/page.tsx';
import { Ago } from '../../components/time.tsx';
import { formatBytes, formatExact, sentenceOf } from '../../lib/format.ts';
import { isMissing } from '../../lib/read.ts';
import { useMay } from '../access/api.ts';
import { RunsTable } from '../runs/runs-table.tsx';
import { hostQuery } from './api.ts';
import { DrainHostButton, ResumeHostButton } from './drain-buttons.tsx';
import { Certificate, Disk } from './host-cells.tsx';
import { HostState } from './host-state.tsx';
import { RevokeHostButton } from './revoke-host-button.tsx';

const route = getRouteApi('/shell/hosts/$hostId');

/** Can it run tonight, and can the machine be taken down now? */
export function HostPage() {
  const { hostId } = route.useParams();
  const read = useQuery(hostQuery(hostId));
  const host = read.data ?? undefined;
  if (read.data === null)
    return (
      <Page title={hostId}>
        <EmptyState isPage title={`No host is registered as ${hostId}`} text="It may be spelled another way.">
          <LinkButton to="/settings/agents/hosts" search={{}} variant="default">
            Show all hosts
          </LinkButton>
        </EmptyState>
      </Page>
    );
  return (
    <Page title={hostId}>
      <Answer
        answer={host && <HostAnswer host={host} />}
        actions={host && <Actions host={host} />}
        reads={[read]}
        of="The host"
      />
      {!isMissing(read) && (
        <WithAside aside={host && <State host={host} />} asideLabel="State">
          <RunsTable
            filter={{ hostId }}
            label="Runs on this host"
            without={['Host']}
            empty={<EmptyState title="Nothing ran here yet" text="A job says on which host it runs." />}
          />
        </WithAside>
      )}
    </Page>
  );
}

function HostAnswer({ host }: { host: Host }) {
  const drain = drainWordsOf(host);
  return (
    <>
      {host.id} · {host.state}
      {drain && `, ${drain}`}
    </>
  );
}

function Actions({ host }: { host: Host }) {
  const mayDrain = useMay('drainHost');
  const mayRevoke = useMay('revokeHost');
  if (host.state === 'revoked') return null;
  return (
    <>
      {mayRevoke && <RevokeHostButton host={host} size="xs" />}
      {mayDrain && (host.drain ? <ResumeHostButton host={host} /> : <DrainHostButton host={host} />)}
    </>
  );
}

function State({ host }: { host: Host }) {
  const { drain } = host;
  return (
    <>
      {drain && (
        <>
          <Section title="Drained" />
          <Facts
            facts={[
              ['State', sentenceOf(drainWordsOf(host) ?? '')],
              ['Note', drain.note],
              ['By', drain.by],
              ['Since', <Ago key="since" at={drain.since} />],
              ['Runs that wait', String(host.queuedRuns)],
            ]}
          />
        </>
      )}
      <Section title="State" />
      <Facts
        facts={[
          ['Host', <HostState key="state" host={{ ...host, drain: null }} />],
          ['Docker engine', engineWords[String(host.engineReachable)]],
          ['Runs', `${host.runningRuns} running, ${host.queuedRuns} waiting`],
          ['Slots', host.slots && `${host.slots.taken} of ${host.slots.count} taken`],
          ['Disk free', host.diskFreeBytes === null ? null : <Disk key="disk" host={host} />],
          ['Needed for a run', host.diskNeededBytes === null ? null : formatBytes(host.diskNeededBytes)],
          ['Orchestrator', host.orchestratorVersion],
          ['Certificate', host.certificateExpiresAt && <Certificate key="certificate" host={host} />],
          ['Registered', formatExact(new Date(host.registeredAt))],
        ]}
      />
      <Section title="Agents" />
      <Facts facts={host.managedAgents.map(({ type, image }) => [agentTypes[type].name, image])} />
      {host.managedAgents.length === 0 && <p className="faint">None installed</p>}
    </>
  );
}

const engineWords: Record<string, string | null> = { true: 'Answers', false: 'Does not answer', null: null };
