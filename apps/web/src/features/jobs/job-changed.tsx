import type { Job } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { Icon } from '../../components/icon.tsx';
import { Ago } from '../../components/time.tsx';
import type { FieldChange } from './job-fields.ts';
import styles from './job-form.module.css';

interface JobChangedProps {
  job: Job;
  changes: FieldChange[];
  onTakeOver: () => void;
  onOverwrite: () => void;
}

/** Another has changed the job over which something is typed: what it was, and what shall become of both. */
export function JobChanged({ job, changes, onTakeOver, onOverwrite }: JobChangedProps) {
  return (
    <div className={styles.changed} role="alert">
      <p>
        <Icon name="warning" size={14} /> {job.changedBy} changed this job <Ago at={job.changedAt} />, while you were
        editing it. What you typed is still here and not saved yet.
      </p>
      {changes.length > 0 ? (
        <ul>
          {changes.map(({ label, from, to, mine }) => (
            <li key={label}>
              <b>{label}</b>: {to}, before: {from}
              {mine !== undefined && `; you typed: ${mine}`}
            </li>
          ))}
        </ul>
      ) : (
        <p>It is now as it was when you began.</p>
      )}
      <div className={styles.actions}>
        <Button size="compact-sm" onClick={onTakeOver}>
          Take these over
        </Button>
        <Button size="compact-sm" variant="default" onClick={onOverwrite}>
          Overwrite with mine
        </Button>
      </div>
    </div>
  );
}
