import { isActive, type Run } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Confirm } from '../../components/confirm.tsx';
import { Icon } from '../../components/icon.tsx';
import { formatDuration } from '../../lib/format.ts';
import { useMay } from '../access/api.ts';
import { jobQuery } from '../jobs/api.ts';
import { useCancelRun } from './api.ts';

/** Asks first: what a run has done so far may be half of something. */
export function CancelRunButton({ run }: { run: Run }) {
  const mayCancel = useMay('cancelRun');
  const [isAsking, asking] = useDisclosure();
  const cancel = useCancelRun(run.id);
  const grace = useQuery(jobQuery(run.jobId)).data?.settings.cancelGraceSeconds;
  if (!mayCancel) return null;
  const close = () => {
    asking.close();
    cancel.reset();
  };
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="stop" size={14} />}
        disabled={run.cancelRequestedAt !== null}
        onClick={asking.open}
      >
        {run.cancelRequestedAt ? 'Cancel requested' : 'Cancel run'}
      </Button>
      {isAsking && isActive(run.status) && (
        <Confirm
          title={`Cancel this run of ${run.jobName}?`}
          action="Cancel the run"
          keep="Let it go on"
          isPending={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate(undefined, { onSuccess: asking.close })}
          onClose={close}
        >
          {run.status === 'queued'
            ? 'It has not begun yet, and will not.'
            : `The agent is asked to stop${grace === undefined ? '' : `, and has ${formatDuration(grace * 1000)} for it`}. What it has delivered so far stays.`}
        </Confirm>
      )}
    </>
  );
}
