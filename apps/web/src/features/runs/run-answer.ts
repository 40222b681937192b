import { isActive, type Run } from '@bigeye/contracts';
import { runStatusWords } from '../../components/status.tsx';
import { formatExact } from '../../lib/format.ts';

/** What came of the run so far, in a sentence; empty where the status says it all. */
export function resultWords(run: Run): string {
  if (run.failure) return run.failure.message;
  if (run.outcome) return run.outcome.message;
  return waitWords(run);
}

const waitWords = ({ waitingFor }: Run): string =>
  waitingFor === null ? '' : `waits for ${withLocalTimes(lowerFirst(waitingFor))}`;

/** The answer to "did it work?": the status, and what there is to say of it. `progress`: in the agent's own words. */
export function runAnswer(run: Run, progress?: string): string {
  const words = runStatusWords[run.status];
  const result = wordsOfRun(run, progress);
  return result === '' ? words : `${words} · ${result.replace(/\.$/, '')}`;
}

function wordsOfRun(run: Run, progress = ''): string {
  if (run.status === 'canceled') return '';
  if (!isActive(run.status)) return resultWords(run);
  const waits = waitWords(run);
  return run.cancelRequestedAt ? ['cancel requested', waits].filter(Boolean).join(', ') : waits || progress;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** The server writes times as ISO 8601 in UTC; people read their own. */
const withLocalTimes = (text: string): string =>
  text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => formatExact(new Date(time)));

/** The answer over the runs that are loaded, newest first: what is active, and how many of the finished ones failed. */
export function runsAnswer(runs: Run[]): string {
  const running = runs.filter(({ status }) => status === 'running').length;
  const queued = runs.filter(({ status }) => status === 'queued').length;
  const finished = runs.length - running - queued;
  const failed = runs.filter(({ status }) => status === 'failed' || status === 'timed_out').length;
  const now = [running > 0 && `${running} running`, queued > 0 && `${queued} queued`].filter(Boolean).join(', ');
  const active = now === '' ? 'Nothing is running.' : `${now}.`;
  if (finished === 0) return active;
  const last = finished === 1 ? 'The last finished run' : `Of the last ${finished} finished runs`;
  if (finished === 1) return `${active} ${last} ${failed === 1 ? 'failed' : 'did not fail'}.`;
  return `${active} ${last} ${failed === 0 ? 'none' : failed} failed.`;
}
