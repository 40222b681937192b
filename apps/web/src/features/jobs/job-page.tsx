import { agentTypes, type Job } from '@bigeye/contracts';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { LinkButton } from '../../components/link-button.tsx';
import { EmptyState } from '../../components/notice.tsx';
import { Answer, Facts, Page, Section, WithAside } from '../../components/page.tsx';
import { runStatusWords } from '../../components/status.tsx';
import { formatDuration, formatExact } from '../../lib/format.ts';
import { isMissing } from '../../lib/read.ts';
import { useMay } from '../access/api.ts';
import { RunsTable } from '../runs/runs-table.tsx';
import { StartRunButton } from '../runs/start-run-button.tsx';
import { jobQuery } from './api.ts';
import { DeleteJobButton } from './delete-job-button.tsx';
import { Parameters } from './job-parameters.tsx';

const route = getRouteApi('/shell/jobs/$jobId');

export function JobPage() {
  const { jobId } = route.useParams();
  const job = useQuery(jobQuery(jobId));
  if (isMissing(job))
    return (
      <Page title="Job">
        <Answer answer={undefined} reads={[job]} of="The job" />
      </Page>
    );
  return (
    <Page title={job.data?.name ?? 'Job'}>
      <Answer answer={job.data && answerOf(job.data)} actions={job.data && <Actions job={job.data} />} reads={[job]} />
      <WithAside aside={job.data && <Definition job={job.data} />} asideLabel="Definition">
        <RunsTable
          filter={{ jobId }}
          label="Runs of this job"
          without={['Job', 'Host']}
          empty={
            <EmptyState title="It never ran" text="Start it once to see that host, agent and connection work together.">
              {job.data && <StartRunButton jobId={jobId} jobName={job.data.name} place="page" />}
            </EmptyState>
          }
        />
      </WithAside>
    </Page>
  );
}

const answerOf = ({ name, lastRun }: Job): string =>
  lastRun ? `${name} · ${runStatusWords[lastRun.status].toLowerCase()} last time` : `${name} · never ran`;

function Actions({ job }: { job: Job }) {
  const mayDelete = useMay('deleteJob');
  const mayChange = useMay('updateJob');
  return (
    <>
      {mayDelete && <DeleteJobButton job={job} />}
      {mayChange && (
        <LinkButton to="/jobs/$jobId/edit" params={{ jobId: job.id }} variant="default">
          Edit
        </LinkButton>
      )}
      <StartRunButton jobId={job.id} jobName={job.name} place="page" />
    </>
  );
}

function Definition({ job }: { job: Job }) {
  const { settings } = job;
  return (
    <>
      <Section title="Definition" />
      <Facts
        facts={[
          ['Agent', agentTypes[job.agentType].name],
          [
            'Host',
            <Link key="host" to="/runs" search={{ host: job.hostId }}>
              {job.hostId}
            </Link>,
          ],
          ['Created', formatExact(new Date(job.createdAt))],
          ['Created by', job.createdBy],
        ]}
      />
      <Section title="Parameters" />
      <Parameters parameters={job.parameters} />
      <Section title="Time and limits" />
      <Facts
        facts={[
          ['May wait', formatDuration(settings.startTimeoutSeconds * 1000)],
          ['May run', formatDuration(settings.runTimeoutSeconds * 1000)],
          ['Grace at cancel', formatDuration(settings.cancelGraceSeconds * 1000)],
          ['Memory', `${settings.limits.memoryMib} MiB`],
          ['CPUs', settings.limits.cpus],
          ['Processes', settings.limits.pids],
        ]}
      />
    </>
  );
}
