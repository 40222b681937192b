import { isAppError, UserInput } from '@bigeye/contracts';
import { Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Form } from '../../components/form.tsx';
import { checkFields, errorsWithout, type FieldErrors, fieldErrorsOf } from '../../lib/field-errors.ts';
import { type UserInputBody, useCreateUser } from './api.ts';
import { PasswordLinkShown } from './password-link-shown.tsx';
import { UserFields } from './user-fields.tsx';

export function CreateUser({ onClose }: { onClose: () => void }) {
  const [draft, setDraft] = useState<UserInputBody>({ email: '', name: '', role: 'member' });
  const [errors, setErrors] = useState<FieldErrors>({});
  const create = useCreateUser();
  const change = (part: Partial<UserInputBody>) => {
    setDraft((before) => ({ ...before, ...part }));
    setErrors((before) => errorsWithout(before, part));
  };
  const submit = () => {
    const found = checkFields(UserInput, draft);
    if (found.email !== undefined) found.email = 'Type an e-mail address; they sign in with it.';
    if (draft.name.trim() === '') found.name = 'Type their name.';
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    create.mutate(draft, {
      onError: (error) => setErrors(isAppError(error, 'EMAIL_TAKEN') ? { email: error.message } : fieldErrorsOf(error)),
    });
  };
  return (
    <Modal opened onClose={onClose} title="Create a user" closeOnClickOutside={!create.data}>
      {create.data ? (
        <PasswordLinkShown name={create.data.name} link={create.data.passwordLink} onDone={onClose} />
      ) : (
        <Form
          label="Create a user"
          submit="Create user"
          isPending={create.isPending}
          error={Object.keys(errors).length === 0 ? create.error : undefined}
          onSubmit={submit}
          onCancel={onClose}
        >
          <TextInput
            label="E-mail"
            type="email"
            withAsterisk
            data-autofocus
            autoComplete="off"
            value={draft.email}
            onChange={(event) => change({ email: event.currentTarget.value })}
            error={errors.email}
          />
          <UserFields draft={draft} errors={errors} change={change} />
        </Form>
      )}
    </Modal>
  );
}
