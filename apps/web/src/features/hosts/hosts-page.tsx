import { agentTypes, type Host } from '@bigeye/contracts';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { NextPage } from '../../components/next-page.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Answer, Page, ReadTrouble } from '../../components/page.tsx';
import { useNow } from '../../lib/clock.ts';
import { isMissing } from '../../lib/read.ts';
import { useMay } from '../access/api.ts';
import { hostSummaryQuery, hostsQuery } from './api.ts';
import { hostAnswer } from './host-answer.ts';
import { Certificate, Disk, None } from './host-cells.tsx';
import type { HostFilter } from './host-filter.ts';
import { HostFilters } from './host-filters.tsx';
import { HostState } from './host-state.tsx';
import { RegisterLink } from './register-link.tsx';
import { RevokeHostButton } from './revoke-host-button.tsx';

const columns: Column<Host>[] = [
  {
    name: 'Host',
    width: 140,
    grows: 1,
    cell: (host) => (
      <Link to="/hosts/$hostId" params={{ hostId: host.id }} data-row-link title={host.id}>
        {host.id}
      </Link>
    ),
  },
  { name: 'State', width: 284, cell: (host) => <HostState host={host} /> },
  { name: 'Agents', width: 150, grows: 2, leftOut: 1, cell: (host) => <Agents host={host} /> },
  { name: 'Running', width: 76, leftOut: 4, end: true, cell: (host) => <Count value={host.runningRuns} /> },
  { name: 'Waiting', width: 76, leftOut: 3, end: true, cell: (host) => <Count value={host.queuedRuns} /> },
  { name: 'Version', width: 84, leftOut: 6, cell: (host) => host.orchestratorVersion ?? <None /> },
  { name: 'Certificate', width: 150, leftOut: 5, cell: (host) => <Certificate host={host} /> },
  { name: 'Disk free', width: 100, leftOut: 2, end: true, cell: (host) => <Disk host={host} /> },
];

const adminColumns: Column<Host>[] = [
  ...columns,
  {
    name: '_Actions',
    width: 88,
    end: true,
    cell: (host) => (host.state === 'revoked' ? <None /> : <RevokeHostButton host={host} />),
  },
];

const route = getRouteApi('/shell/settings/agents/hosts');

export function HostsPage() {
  const filter = route.useSearch();
  const summary = useQuery(hostSummaryQuery);
  const now = useNow();
  const isEmpty = summary.data && Object.values(summary.data.states).every((count) => count === 0);
  if (isEmpty)
    return (
      <Page title="Hosts">
        <EmptyState
          isPage
          title="No host is registered yet"
          text="A host is a machine of yours with Docker that runs agents. Register one, and jobs can run on it."
        >
          <RegisterLink orElse="Ask an admin of this control plane to register one." />
        </EmptyState>
      </Page>
    );
  return (
    <Page title="Hosts">
      <Answer
        answer={summary.data && hostAnswer(summary.data, now)}
        reads={[summary]}
        of="The hosts"
        actions={<RegisterLink />}
      />
      <HostFilters filter={filter} states={summary.data?.states} />
      <HostsTable filter={filter} withTrouble={!isMissing(summary)} />
    </Page>
  );
}

/** `withTrouble`: false where the page says already why hosts cannot be read. */
function HostsTable({ filter, withTrouble }: { filter: HostFilter; withTrouble: boolean }) {
  const hosts = useInfiniteQuery(hostsQuery(filter));
  const mayRevoke = useMay('revokeHost');
  if (isMissing(hosts)) return withTrouble ? <ReadTrouble reads={[hosts]} /> : null;
  if (hosts.data?.length === 0)
    return (
      <EmptyState title="No host is like that" text="No host matches this filter.">
        <LinkButton to="/settings/agents/hosts" search={{}} variant="default">
          Show all hosts
        </LinkButton>
      </EmptyState>
    );
  return (
    <>
      <DataTable
        label="Hosts"
        columns={mayRevoke ? adminColumns : columns}
        rows={hosts.data}
        rowKey={(host) => host.id}
        expectedRows={3}
      />
      <NextPage list={hosts} label="More hosts" />
    </>
  );
}

function Agents({ host }: { host: Host }) {
  if (host.managedAgents.length === 0) return <span className="faint">None installed</span>;
  const names = host.managedAgents.map((agent) => agentTypes[agent.type].name).join(', ');
  const details = host.managedAgents.map((agent) => agent.image).join('\n');
  return <span title={details}>{names}</span>;
}

function Count({ value }: { value: number }) {
  return value === 0 ? <span className="faint">0</span> : <strong>{value}</strong>;
}
