import { agentTypes, fillPath, isActive, type Run, routes, type TimelineEvent } from '@bigeye/contracts';
import { useQuery } from '@tanstack/react-query';
import { Icon } from '../../components/icon.tsx';
import { Facts, Section } from '../../components/page.tsx';
import { Ago } from '../../components/time.tsx';
import { formatBytes, formatCount, formatDuration, formatExact, sentenceOf } from '../../lib/format.ts';
import { jobQuery } from '../jobs/api.ts';
import { Parameters } from '../jobs/job-parameters.tsx';
import styles from './run-page.module.css';
import { Stations } from './timeline-bar.tsx';

/** What the agent delivered, what it was asked to do, and every station of the run. */
export function RunDetails({ run, events }: { run: Run; events: TimelineEvent[] | undefined }) {
  const counts = Object.entries(run.outcome?.counts ?? {});
  return (
    <aside className={styles.details} aria-label="Details">
      {(counts.length > 0 || run.exitCode !== null) && (
        <div>
          <Section title="Outcome" />
          <Facts
            facts={[
              ...counts.map(([name, count]): [string, string] => [sentenceOf(name), formatCount(count)]),
              ['Exit code', run.exitCode === null ? null : String(run.exitCode)],
            ]}
          />
        </div>
      )}
      <Resources run={run} />
      {run.artifacts.length > 0 && (
        <div>
          <Section title="Artifacts" />
          {run.artifacts.map((artifact) => (
            <Artifact key={artifact.name} runId={run.id} artifact={artifact} />
          ))}
        </div>
      )}
      <JobParameters run={run} />
      {events && events.length > 0 && (
        <div>
          <Section title="Events" />
          <Stations events={events} />
        </div>
      )}
    </aside>
  );
}

/** What its container took, against its limits of now; or why that is not known. */
function Resources({ run: { resources, resourcesUnknown, jobId, status } }: { run: Run }) {
  const limits = useQuery(jobQuery(jobId)).data?.settings.limits;
  if (isActive(status)) return null;
  const of = (limit: string | undefined) => (limit === undefined ? '' : ` of ${limit}`);
  return (
    <div>
      <Section title="Resources" />
      {resources ? (
        <Facts
          facts={[
            [
              'Memory, peak',
              `${formatBytes(resources.memoryPeakBytes)}${of(limits && formatBytes(limits.memoryMib * 1024 ** 2))}`,
            ],
            ['CPU time', formatDuration(resources.cpuSeconds * 1000)],
            ['Processes, peak', `${formatCount(resources.processesPeak)}${of(limits && formatCount(limits.pids))}`],
            [
              'Looked at',
              <span key="looked" title={`Last at ${formatExact(new Date(resources.measuredUntil))}`}>
                {resources.readings === 1 ? 'once' : `${formatCount(resources.readings)} times`}
              </span>,
            ],
          ]}
        />
      ) : (
        <p className="quiet">{resourcesUnknown}</p>
      )}
    </div>
  );
}

/** A link to the file, or when its content went, because of its age. */
function Artifact({ runId, artifact }: { runId: Run['id']; artifact: Run['artifacts'][number] }) {
  const { name, bytes, removedAt } = artifact;
  if (removedAt !== null)
    return (
      <div className={styles.artifact}>
        <span>{name}</span>
        <small>
          removed <Ago at={removedAt} />
        </small>
      </div>
    );
  return (
    <a className={styles.artifact} href={fillPath(routes.downloadArtifact.path, { runId, name })} download>
      <Icon name="download" size={14} />
      <span>{name}</span>
      <small>{formatBytes(bytes)}</small>
    </a>
  );
}

/** A run does not tell its own parameters yet, so these are the job's of now, and say so. */
function JobParameters({ run }: { run: Run }) {
  const job = useQuery(jobQuery(run.jobId)).data;
  return (
    <div>
      <Section title="Parameters of the job" />
      <Facts facts={[['Agent', agentTypes[run.agentType].name]]} />
      <div style={{ height: 6 }} />
      {job && <Parameters parameters={job.parameters} />}
    </div>
  );
}
