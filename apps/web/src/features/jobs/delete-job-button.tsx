import type { Job } from '@bigeye/contracts';
import { Button, Group, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { ErrorNotice } from '../../components/notice.tsx';
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
      <Modal opened={isAsking} onClose={close} title={`Delete ${job.name}?`}>
        <p>Its runs, their logs and artifacts are deleted with it. This cannot be undone.</p>
        {remove.error && (
          <div style={{ marginTop: 12 }}>
            <ErrorNotice error={remove.error} action={<span />} />
          </div>
        )}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close} data-autofocus>
            Keep it
          </Button>
          <Button
            color="red.8"
            loading={remove.isPending}
            onClick={() => remove.mutate(undefined, { onSuccess: () => navigate({ to: '/jobs' }) })}
          >
            Delete job
          </Button>
        </Group>
      </Modal>
    </>
  );
}
