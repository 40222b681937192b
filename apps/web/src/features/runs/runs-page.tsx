import { type HostId, type JobId, RunStatus } from '@bigeye/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import filters from '../../components/filters.module.css';
import { LinkButton } from '../../components/link-button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Answer, Page } from '../../components/page.tsx';
import { SearchingSelect } from '../../components/searching-select.tsx';
import { runStatusWords, StatusIcon } from '../../components/status.tsx';
import { isMissing } from '../../lib/read.ts';
import { findHosts } from '../hosts/api.ts';
import { findJobs, jobQuery } from '../jobs/api.ts';
import { runCountsQuery, useRuns } from './api.ts';
import { runsAnswer } from './run-answer.ts';
import { countsWords } from './run-counts.ts';
import { type RunFilter, toListFilter } from './run-filter.ts';
import styles from './runs.module.css';
import { RunsTable } from './runs-table.tsx';

const route = getRouteApi('/shell/runs');

export function RunsPage() {
  const filter = route.useSearch();
  // The answer leaves the status aside: "failed" of the failed ones would always be all.
  const { status: _, ...place } = filter;
  const { runs, ...answered } = useRuns(toListFilter(place));
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <Page title="Runs">
      {(runs === undefined || runs.length > 0 || isFiltered) && (
        <>
          <Answer answer={runs && answerOf(runs)} reads={[answered]} of="The runs" />
          {!isFiltered && <Counts />}
          <Filters filter={filter} />
        </>
      )}
      <RunsTable
        filter={toListFilter(filter)}
        label="Runs"
        empty={isFiltered ? <NothingFound /> : <NoRunYet />}
        withTrouble={!isMissing(answered)}
      />
    </Page>
  );
}

/** Of all runs, those too that are not listed any more. */
function Counts() {
  const counts = useQuery(runCountsQuery(countedDays));
  const words = counts.data && countsWords(counts.data, countedDays);
  return words ? <p className={styles.counts}>{words}</p> : null;
}

const countedDays = 7;
const answerOf = (runs: Parameters<typeof runsAnswer>[0]): string => (runs.length === 0 ? 'No run.' : runsAnswer(runs));

function Filters({ filter }: { filter: RunFilter }) {
  const navigate = useNavigate();
  const job = useQuery(jobQuery(filter.job));
  const change = (part: { job?: JobId | undefined; host?: HostId | undefined }) => {
    const { job, host } = { job: filter.job, host: filter.host, ...part };
    const next = { ...(filter.status && { status: filter.status }), ...(job && { job }), ...(host && { host }) };
    void navigate({ to: '/runs', search: next });
  };
  return (
    <search className={filters.filters} aria-label="Filter the runs">
      <StatusLinks filter={filter} />
      <SearchingSelect
        className={filters.choose ?? ''}
        size="xs"
        aria-label="Job"
        placeholder="All jobs"
        clearable
        isSearchOfPage
        nothingFound="No job of that name"
        find={findJobs}
        toChoice={({ id, name }) => ({ value: id, label: name })}
        chosen={filter.job && { value: filter.job, label: job.data?.name ?? filter.job }}
        onChoose={(chosen) => change({ job: chosen?.id })}
      />
      <SearchingSelect
        className={filters.choose ?? ''}
        size="xs"
        aria-label="Host"
        placeholder="All hosts"
        clearable
        nothingFound="No host of that name"
        find={findHosts}
        toChoice={({ id }) => ({ value: id, label: id })}
        chosen={filter.host && { value: filter.host, label: filter.host }}
        onChoose={(chosen) => change({ host: chosen?.id })}
      />
    </search>
  );
}

function StatusLinks({ filter: { status: _, ...rest } }: { filter: RunFilter }) {
  const exact = { activeOptions: { includeSearch: true, exact: true } };
  return (
    <nav className={filters.statuses} aria-label="Status">
      <Link to="/runs" search={rest} {...exact}>
        All
      </Link>
      {RunStatus.options.map((one) => (
        <Link key={one} to="/runs" search={{ ...rest, status: one }} {...exact}>
          <StatusIcon status={one} size={13} />
          {runStatusWords[one]}
        </Link>
      ))}
    </nav>
  );
}

function NothingFound() {
  return (
    <EmptyState title="No run is like that" text="No run matches this filter.">
      <LinkButton to="/runs" search={{}} variant="default">
        Show all runs
      </LinkButton>
    </EmptyState>
  );
}

function NoRunYet() {
  return (
    <EmptyState title="Nothing ran yet" text="A run is one execution of a job. Start one from the list of jobs.">
      <LinkButton to="/jobs">Go to the jobs</LinkButton>
    </EmptyState>
  );
}
