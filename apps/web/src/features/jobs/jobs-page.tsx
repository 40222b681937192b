import { agentTypes, type Job } from '@bigeye/contracts';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Column } from '../../components/data-columns.ts';
import { DataTable } from '../../components/data-table.tsx';
import filters from '../../components/filters.module.css';
import { Icon } from '../../components/icon.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { NextPage } from '../../components/next-page.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Answer, Page, ReadTrouble } from '../../components/page.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { Status } from '../../components/status.tsx';
import { Ago } from '../../components/time.tsx';
import { isMissing } from '../../lib/read.ts';
import { nameSearchOf } from '../../lib/search-of.ts';
import { useMay } from '../access/api.ts';
import { StartRunButton } from '../runs/start-run-button.tsx';
import { jobSummaryQuery, jobsQuery } from './api.ts';
import { jobsAnswer } from './job-answer.ts';

const columns: Column<Job>[] = [
  {
    name: 'Name',
    width: 180,
    grows: 3,
    cell: (job) => (
      <Link to="/jobs/$jobId" params={{ jobId: job.id }} data-row-link title={job.name}>
        {job.name}
      </Link>
    ),
  },
  { name: 'Agent type', width: 140, leftOut: 3, cell: (job) => agentTypes[job.agentType].name },
  { name: 'Host', width: 120, grows: 1, leftOut: 2, cell: (job) => <span title={job.hostId}>{job.hostId}</span> },
  { name: 'Last run', width: 122, cell: (job) => <LastRun job={job} /> },
  { name: 'When', width: 112, leftOut: 1, cell: (job) => job.lastRun && <Ago at={job.lastRun.queuedAt} /> },
];

const startColumn: Column<Job> = {
  name: '_Actions',
  width: 96,
  end: true,
  cell: (job) => <StartRunButton jobId={job.id} jobName={job.name} place="row" />,
};

const route = getRouteApi('/shell/jobs');

export function JobsPage() {
  const { search } = route.useSearch();
  const navigate = useNavigate();
  const summary = useQuery(jobSummaryQuery);
  const create = useMay('createJob') && (
    <LinkButton to="/jobs/new" data-create leftSection={<Icon name="plus" />}>
      Create job
    </LinkButton>
  );
  if (summary.data?.jobs === 0)
    return (
      <Page title="Jobs">
        <EmptyState
          isPage
          title="No job yet"
          text="A job is a saved definition: the host it runs on, the agent that does the work, and its parameters."
        >
          {create}
        </EmptyState>
      </Page>
    );
  return (
    <Page title="Jobs">
      <Answer answer={summary.data && jobsAnswer(summary.data)} actions={create} reads={[summary]} of="The jobs" />
      <search className={filters.filters} aria-label="Filter the jobs">
        <SearchField
          label="Name"
          value={search ?? ''}
          onChange={(typed) => void navigate({ to: '/jobs', search: nameSearchOf({ search: typed }) })}
        />
      </search>
      <JobsTable search={search} withTrouble={!isMissing(summary)} />
    </Page>
  );
}

/** `withTrouble`: false where the page says already why jobs cannot be read. */
function JobsTable({ search, withTrouble }: { search: string | undefined; withTrouble: boolean }) {
  const jobs = useInfiniteQuery(jobsQuery(search));
  const mayStart = useMay('startRun');
  if (isMissing(jobs)) return withTrouble ? <ReadTrouble reads={[jobs]} /> : null;
  if (jobs.data?.length === 0)
    return (
      <EmptyState title="No job is called that" text="No job has this in its name.">
        <LinkButton to="/jobs" search={{}} variant="default">
          Show all jobs
        </LinkButton>
      </EmptyState>
    );
  return (
    <>
      <DataTable
        label="Jobs"
        columns={mayStart ? [...columns, startColumn] : columns}
        rows={jobs.data}
        rowKey={(job) => job.id}
      />
      <NextPage list={jobs} label="Older jobs" />
    </>
  );
}

function LastRun({ job: { lastRun } }: { job: Job }) {
  if (!lastRun) return <span className="faint">Never ran</span>;
  return (
    <Link to="/runs/$runId" params={{ runId: lastRun.id }} style={{ textDecoration: 'none' }} title="Open the last run">
      <Status status={lastRun.status} />
    </Link>
  );
}
