import { isAppError, type JobId, RunId } from '@bigeye/contracts';
import { Button, Popover } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { Icon } from '../../components/icon.tsx';
import { LinkButton } from '../../components/link-button.tsx';
import { sentencesOf } from '../../components/notice.tsx';
import { useMay } from '../access/api.ts';
import { useStartRun } from './api.ts';
import styles from './start-run-button.module.css';

interface Props {
  jobId: JobId;
  jobName: string;
  label?: string;
  /** `row`: quiet, for a table; `page`: the main action. */
  place: 'row' | 'page';
}

/** Starts a run and opens it. Where it is refused, the reason and what to do stand at the button. */
export function StartRunButton({ jobId, jobName, label = 'Start', place }: Props) {
  const navigate = useNavigate();
  const start = useStartRun();
  const mayStart = useMay('startRun');
  const open = () =>
    start.mutate(jobId, { onSuccess: ({ id }) => navigate({ to: '/runs/$runId', params: { runId: id } }) });
  if (!mayStart) return null;
  return (
    <Popover
      opened={start.isError}
      onDismiss={start.reset}
      position="bottom-end"
      width={340}
      shadow="md"
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <Button
          variant={place === 'row' ? 'subtle' : 'filled'}
          size={place === 'row' ? 'compact-xs' : 'xs'}
          color={place === 'row' ? 'gray' : 'ink'}
          leftSection={<Icon name="play" size={14} />}
          loading={start.isPending}
          onClick={open}
          aria-label={`${label}: ${jobName}`}
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>{start.error && <Refusal error={start.error} dismiss={start.reset} />}</Popover.Dropdown>
    </Popover>
  );
}

function Refusal({ error, dismiss }: { error: Error; dismiss: () => void }) {
  const { message, remedy } = sentencesOf(error);
  const active = isAppError(error, 'JOB_HAS_ACTIVE_RUN') ? RunId.safeParse(error.details.runId).data : undefined;
  return (
    <div className={styles.refusal} role="alert">
      <p>{active ? 'A run of this job is active already; a job has one at a time.' : message}</p>
      {!active && <p className="quiet">{remedy}</p>}
      <div>
        {active && (
          <LinkButton to="/runs/$runId" params={{ runId: active }} size="xs" onClick={dismiss}>
            Open that run
          </LinkButton>
        )}
        <Button size="xs" variant="default" onClick={dismiss}>
          Close
        </Button>
      </div>
    </div>
  );
}
