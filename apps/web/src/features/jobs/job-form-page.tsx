import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { EmptyState } from '../../components/notice.tsx';
import { Answer, Page } from '../../components/page.tsx';
import { isMissing } from '../../lib/read.ts';
import { useMay } from '../access/api.ts';
import { NotAllowed } from '../access/not-allowed.tsx';
import { hostQuery, hostSummaryQuery } from '../hosts/api.ts';
import { RegisterLink } from '../hosts/register-link.tsx';
import { jobQuery } from './api.ts';
import { JobForm } from './job-form.tsx';

const createRoute = getRouteApi('/shell/jobs/new');

export function CreateJobPage() {
  const { host: hostId } = createRoute.useSearch();
  const may = useMay('createJob');
  const hosts = useQuery(hostSummaryQuery);
  const host = useQuery(hostQuery(hostId));
  const hasNoHost = hosts.data && Object.values(hosts.data.states).every((count) => count === 0);
  const isRead = hosts.data && !hasNoHost && (!hostId || host.data !== undefined);
  const reads = hostId ? [hosts, host] : [hosts];
  return (
    <Page title="Create a job">
      <Answer answer="Create a job" reads={reads} of="The hosts" />
      {!isRead && !hasNoHost && !reads.some(isMissing) && <WaitingForm />}
      {hasNoHost && (
        <EmptyState title="A job needs a host to run on" text="Register a machine first; then come back here.">
          <RegisterLink orElse="Ask an admin of this control plane to register one." />
        </EmptyState>
      )}
      {!may && <NotAllowed name="createJob" />}
      {may && isRead && <JobForm key={hostId ?? ''} on={host.data ?? undefined} />}
    </Page>
  );
}

const editRoute = getRouteApi('/shell/jobs/$jobId/edit');

export function EditJobPage() {
  const { jobId } = editRoute.useParams();
  const may = useMay('updateJob');
  const job = useQuery(jobQuery(jobId));
  return (
    <Page title={job.data ? `Edit ${job.data.name}` : 'Edit'}>
      <Answer answer={job.data && `Edit ${job.data.name}`} reads={[job]} of="The job" />
      {!job.data && !isMissing(job) && <WaitingForm />}
      {!may && <NotAllowed name="updateJob" />}
      {may && job.data && <JobForm job={job.data} />}
    </Page>
  );
}

function WaitingForm() {
  return (
    <div style={{ display: 'grid', gap: 24, maxWidth: 560 }} aria-busy="true">
      {['host', 'type', 'name', 'parameters'].map((part) => (
        <div key={part}>
          <Skeleton height={12} width={80} mb={8} />
          <Skeleton height={36} />
        </div>
      ))}
    </div>
  );
}
