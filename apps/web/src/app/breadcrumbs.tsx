import { JobId, RunId } from '@bigeye/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { jobQuery } from '../features/jobs/api.ts';
import { runQuery } from '../features/runs/api.ts';
import { shortId } from '../lib/format.ts';
import styles from './shell.module.css';

/** The place, from the address. */
export function Breadcrumbs() {
  const parts = useLocation({ select: (location) => location.pathname.split('/').filter(Boolean) });
  return (
    <nav className={styles.crumbs} aria-label="Place">
      <ol>
        <Crumbs parts={parts} />
      </ol>
    </nav>
  );
}

const settingsNames: Record<string, string> = {
  hosts: 'Hosts',
  'api-keys': 'API Keys',
  users: 'Users',
  audit: 'Audit',
  storage: 'Storage',
  profile: 'Profile',
};

function Crumbs({ parts: [first, second, third, fourth] }: { parts: string[] }) {
  if (first === 'settings' && third === 'hosts' && fourth === 'register') return <HostCrumbs last="Register" />;
  if (first === 'hosts' && second) return <HostCrumbs last={second} />;
  if (first === 'settings')
    return (
      <>
        <li>Settings</li>
        {second === 'agents' && <li>Agents</li>}
        <li aria-current="page">{settingsNames[(second === 'agents' ? third : second) ?? ''] ?? 'Not found'}</li>
      </>
    );
  if (first === 'lineage') return <li aria-current="page">Lineage</li>;
  if (first === 'jobs')
    return (
      <>
        <li>
          <Link to="/jobs">Jobs</Link>
        </li>
        {second === 'new' && <li aria-current="page">Create a job</li>}
        {second && second !== 'new' && <JobCrumb id={second} editing={third === 'edit'} />}
      </>
    );
  if (first !== 'runs') return <li aria-current="page">Not found</li>;
  return (
    <>
      <li>
        <Link to="/runs" search={{}}>
          Runs
        </Link>
      </li>
      {second && <RunCrumbs id={second} />}
    </>
  );
}

function HostCrumbs({ last }: { last: string }) {
  return (
    <>
      <li>Settings</li>
      <li>Agents</li>
      <li>
        <Link to="/settings/agents/hosts">Hosts</Link>
      </li>
      <li aria-current="page">{last}</li>
    </>
  );
}

function JobCrumb({ id, editing }: { id: string; editing: boolean }) {
  const jobId = JobId.safeParse(id).data;
  const job = useQuery({ ...jobQuery(jobId), enabled: jobId !== undefined });
  if (!jobId) return null;
  const name = job.data?.name ?? shortId(id);
  if (!editing) return <li aria-current="page">{name}</li>;
  return (
    <>
      <li>
        <Link to="/jobs/$jobId" params={{ jobId }}>
          {name}
        </Link>
      </li>
      <li aria-current="page">Edit</li>
    </>
  );
}

function RunCrumbs({ id }: { id: string }) {
  const runId = RunId.safeParse(id).data;
  const run = useQuery({ ...runQuery(runId), enabled: runId !== undefined });
  return (
    <>
      {run.data && (
        <li>
          <Link to="/jobs/$jobId" params={{ jobId: run.data.jobId }}>
            {run.data.jobName}
          </Link>
        </li>
      )}
      <li aria-current="page" className="mono">
        {shortId(id)}
      </li>
    </>
  );
}
