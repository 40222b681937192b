import { ApiKeyInput } from '@bigeye/contracts';
import { Button, Group, Modal, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Form } from '../../components/form.tsx';
import { Secret } from '../../components/secret.tsx';
import { checkFields, errorsWithout, type FieldErrors, fieldErrorsOf } from '../../lib/field-errors.ts';
import { type KeysOf, useCreateApiKey } from './api.ts';

/** Name and description, then the key, which is shown this once. */
export function CreateKey({ of, title, onClose }: { of: KeysOf; title: string; onClose: () => void }) {
  const [draft, setDraft] = useState({ name: '', description: '' });
  const [errors, setErrors] = useState<FieldErrors>({});
  const create = useCreateApiKey(of);
  const change = (part: Partial<typeof draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setErrors((before) => errorsWithout(before, part));
  };
  const submit = () => {
    const found = checkFields(ApiKeyInput, draft);
    if (draft.name.trim() === '') found.name = 'Say what it is for, so that you know it again.';
    setErrors(found);
    if (Object.keys(found).length === 0) create.mutate(draft, { onError: (error) => setErrors(fieldErrorsOf(error)) });
  };
  return (
    // Not by a click beside it: the key would be gone.
    <Modal opened onClose={onClose} title={title} closeOnClickOutside={!create.data}>
      {create.data ? (
        <>
          <Secret
            name="API key"
            value={create.data.apiKey}
            text={`${create.data.info.name} is made. Copy it now: it is shown only this once.`}
          />
          <Group justify="flex-end" mt="lg">
            <Button onClick={onClose}>Done</Button>
          </Group>
        </>
      ) : (
        <Form
          label={title}
          submit="Create"
          isPending={create.isPending}
          error={Object.keys(errors).length === 0 ? create.error : undefined}
          onSubmit={submit}
          onCancel={onClose}
        >
          <TextInput
            label="Name"
            withAsterisk
            data-autofocus
            placeholder={of === 'agents' ? 'host etl-01' : 'my laptop'}
            value={draft.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
            error={errors.name}
          />
          <Textarea
            label="Description"
            autosize
            minRows={2}
            value={draft.description}
            onChange={(event) => change({ description: event.currentTarget.value })}
            error={errors.description}
          />
        </Form>
      )}
    </Modal>
  );
}
