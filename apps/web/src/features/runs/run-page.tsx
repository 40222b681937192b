import { isActive, type Run } from '@bigeye/contracts';
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Command, ShortId } from '../../components/copy.tsx';
import { Answer, Page } from '../../components/page.tsx';
import { StatusIcon } from '../../components/status.tsx';
import { commandIn, TextWithCommands } from '../../components/text-with-commands.tsx';
import { Ago, Elapsed } from '../../components/time.tsx';
import { formatDuration } from '../../lib/format.ts';
import { isMissing } from '../../lib/read.ts';
import { runQuery, timelineQuery, usualDurationQuery } from './api.ts';
import { CancelRunButton } from './cancel-run-button.tsx';
import { LogView } from './log-view.tsx';
import { runAnswer } from './run-answer.ts';
import { RunDetails } from './run-details.tsx';
import styles from './run-page.module.css';
import { useRunStream } from './run-stream.ts';
import { StartRunButton } from './start-run-button.tsx';
import { TimelineBar } from './timeline-bar.tsx';
import { useLatestProgress, useLogPages } from './use-log-pages.ts';

/** A run's last lines and outcome may come a little after its end. */
const settlesMs = 60_000;

const route = getRouteApi('/shell/runs/$runId');

export function RunPage() {
  const { runId } = route.useParams();
  const run = useQuery(runQuery(runId));
  const timeline = useQuery(timelineQuery(runId));
  const pages = useLogPages(runId, run.data ? linesKept(run.data) : 0);
  const progress = useLatestProgress(pages, run.data?.status === 'running');
  useRunStream(runId, run.data !== undefined && isUnsettled(run.data));
  if (isMissing(run))
    return (
      <Page title="Run">
        <Answer answer={undefined} reads={[run]} of="The run" />
      </Page>
    );
  if (!run.data) return <WaitingPage />;
  return (
    <Page title={`${run.data.jobName} ${runAnswer(run.data)}`}>
      <Answer
        answer={
          <span className={styles.answer}>
            <StatusIcon status={run.data.status} size={18} />
            <span>{runAnswer(run.data, progress)}</span>
          </span>
        }
        actions={<Actions run={run.data} />}
        reads={isUnsettled(run.data) ? [run] : []}
      />
      <div className={styles.under}>
        <Remedy run={run.data} />
        <Circumstances run={run.data} />
      </div>
      <TimelineBar events={timeline.data} status={run.data.status} />
      <div className={styles.columns}>
        <LogView key={run.data.id} run={run.data} pages={pages} />
        <RunDetails run={run.data} events={timeline.data} />
      </div>
    </Page>
  );
}

const isUnsettled = ({ status, finishedAt }: Run): boolean =>
  isActive(status) || (finishedAt !== null && Date.now() - Date.parse(finishedAt) < settlesMs);

function Actions({ run }: { run: Run }) {
  if (isActive(run.status)) return <CancelRunButton run={run} />;
  return <StartRunButton jobId={run.jobId} jobName={run.jobName} label="Start again" place="page" />;
}

function Remedy({ run: { failure } }: { run: Run }) {
  if (!failure) return null;
  const command = commandIn(failure.remedy);
  return (
    <div className={styles.remedy}>
      <p>
        <TextWithCommands text={failure.remedy} /> <span className={styles.code}>{failure.code}</span>
      </p>
      {command && <Command text={command} />}
    </div>
  );
}

/** Which job, where, by whom, when, how long and how long usually. */
function Circumstances({ run }: { run: Run }) {
  const usual = useQuery(usualDurationQuery(run.jobId)).data;
  return (
    <p className={styles.circumstances}>
      <Link to="/jobs/$jobId" params={{ jobId: run.jobId }}>
        {run.jobName}
      </Link>
      <span>
        on{' '}
        <Link to="/runs" search={{ host: run.hostId }}>
          {run.hostId}
        </Link>
      </span>
      <span>started by {run.requestedBy}</span>
      <Ago at={run.queuedAt} />
      <span className="numbers">
        <Took run={run} />
        {usual ? <span className="faint"> (usually {formatDuration(usual)})</span> : null}
      </span>
      <span>
        run <ShortId id={run.id} />
      </span>
    </p>
  );
}

function Took({ run: { startedAt, finishedAt, queuedAt } }: { run: Run }) {
  if (finishedAt && startedAt) return <>took {formatDuration(Date.parse(finishedAt) - Date.parse(startedAt))}</>;
  if (finishedAt) return <>waited {formatDuration(Date.parse(finishedAt) - Date.parse(queuedAt))}</>;
  return startedAt ? (
    <>
      running for <Elapsed from={startedAt} />
    </>
  ) : (
    <>
      waiting for <Elapsed from={queuedAt} />
    </>
  );
}

function WaitingPage() {
  return (
    <Page title="Run">
      <Answer answer={undefined} />
      <Skeleton height={14} width="50%" />
      <Skeleton height={28} mt={20} />
      <div className={styles.columns}>
        <div className={styles.waitingLog} aria-busy="true">
          {['62%', '48%', '70%', '55%'].map((width) => (
            <Skeleton key={width} height={10} width={width} />
          ))}
        </div>
        <div className={styles.waitingDetails}>
          {['40%', '75%', '70%', '80%'].map((width) => (
            <Skeleton key={width} height={10} width={width} />
          ))}
        </div>
      </div>
    </Page>
  );
}

/** None of a log that was removed because of its age. */
const linesKept = ({ logLines, logRemovedAt }: Run): number => (logRemovedAt === null ? logLines : 0);
