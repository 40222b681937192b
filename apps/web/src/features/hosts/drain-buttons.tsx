import { DrainInput, type Host } from '@bigeye/contracts';
import { Button, Modal, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import { Form } from '../../components/form.tsx';
import { checkFields } from '../../lib/field-errors.ts';
import { useDrainHost, useResumeHost } from './api.ts';

/** Asks for the note that those read whose runs wait. */
export function DrainHostButton({ host }: { host: Host }) {
  const [isOpen, dialog] = useDisclosure();
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        Drain
      </Button>
      {isOpen && <DrainDialog host={host} onClose={dialog.close} />}
    </>
  );
}

function DrainDialog({ host, onClose }: { host: Host; onClose: () => void }) {
  const [note, setNote] = useState('');
  const [error, setError] = useState<string>();
  const drain = useDrainHost(host.id);
  const submit = () => {
    const found = checkFields(DrainInput, { note });
    setError(found.note && 'Say what is being done on the machine, in 200 characters at most');
    if (!found.note) drain.mutate({ note }, { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title={`Drain ${host.id}?`}>
      <Form
        label={`Drain ${host.id}`}
        submit="Drain host"
        isPending={drain.isPending}
        error={drain.error}
        onSubmit={submit}
        onCancel={onClose}
      >
        <p className="quiet">
          It starts nothing new, and what runs there goes on. Runs that are started meanwhile wait for it until their
          start timeout.
        </p>
        <Textarea
          label="Note"
          description="Those read it whose runs wait."
          placeholder="Kernel update, back at 18:00"
          withAsterisk
          data-autofocus
          autosize
          minRows={2}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          error={error}
        />
      </Form>
    </Modal>
  );
}

export function ResumeHostButton({ host }: { host: Host }) {
  const [isAsking, asking] = useDisclosure();
  const resume = useResumeHost(host.id);
  const close = () => {
    asking.close();
    resume.reset();
  };
  return (
    <>
      <Button onClick={asking.open}>Resume</Button>
      {isAsking && (
        <Confirm
          title={`Resume ${host.id}?`}
          action="Resume host"
          keep="Leave it drained"
          isHarmless
          isPending={resume.isPending}
          error={resume.error}
          onConfirm={() => resume.mutate(undefined, { onSuccess: close })}
          onClose={close}
        >
          It takes runs again. {waitingWords(host.queuedRuns)}
        </Confirm>
      )}
    </>
  );
}

function waitingWords(count: number): string {
  if (count === 0) return 'None waits for it now.';
  return count === 1 ? 'The one that waits for it goes on.' : `The ${count} that wait for it go on.`;
}
