import type { Job } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { Confirm } from '../../components/confirm.tsx';
import { useDeleteJob } from './api.ts';

/** Asks first: the runs and their logs go with the job. */
export function DeleteJobButton({ job }: { job: Job }) {
  const [isAsking, asking] = useDisclosure();
  const navigate = useNavigate();
  const remove = useDeleteJob(job.id);
  const close = () => {
    asking.close();
    remove.reset();
  };
  return (
    <>
      <Button variant="default" onClick={asking.open}>
        Delete
      </Button>
      {isAsking && (
        <Confirm
          title={`Delete ${job.name}?`}
          action="Delete job"
          keep="Keep it"
          isPending={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(undefined, { onSuccess: () => navigate({ to: '/jobs' }) })}
          onClose={close}
        >
          Its runs, their logs and artifacts are deleted with it. This cannot be undone.
        </Confirm>
      )}
    </>
  );
}
