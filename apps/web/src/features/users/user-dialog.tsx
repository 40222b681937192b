import { type User, UserChange } from '@bigeye/contracts';
import { Button, Group, Modal } from '@mantine/core';
import { useState } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import { Form } from '../../components/form.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { checkFields, errorsWithout, type FieldErrors, fieldErrorsOf } from '../../lib/field-errors.ts';
import { useCreatePasswordLink, useDeleteUser, useUpdateUser } from './api.ts';
import { PasswordLinkShown } from './password-link-shown.tsx';
import { type UserDraft, UserFields } from './user-fields.tsx';
import type { UserAction } from './user-menu.tsx';

interface Props {
  user: User;
  onClose: () => void;
}

/** What was asked for in the menu of a user. */
export function UserDialog({ action, ...props }: Props & { action: UserAction }) {
  switch (action) {
    case 'edit':
      return <EditUser {...props} />;
    case 'link':
      return <NewLink {...props} />;
    case 'disable':
    case 'enable':
      return <SwitchUser {...props} disable={action === 'disable'} />;
    case 'delete':
      return <DeleteUser {...props} />;
  }
}

function EditUser({ user, onClose }: Props) {
  const [draft, setDraft] = useState<UserDraft>({ name: user.name, role: user.role });
  const [errors, setErrors] = useState<FieldErrors>({});
  const save = useUpdateUser(user.id);
  const change = (part: Partial<UserDraft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setErrors((before) => errorsWithout(before, part));
  };
  const submit = () => {
    const body = { ...draft, disabled: user.disabledAt !== null };
    const found = checkFields(UserChange, body);
    setErrors(found);
    if (Object.keys(found).length === 0)
      save.mutate(body, { onSuccess: onClose, onError: (error) => setErrors(fieldErrorsOf(error)) });
  };
  return (
    <Modal opened onClose={onClose} title={user.email}>
      <Form
        label={`Edit ${user.email}`}
        submit="Save"
        isPending={save.isPending}
        error={Object.keys(errors).length === 0 ? save.error : undefined}
        onSubmit={submit}
        onCancel={onClose}
      >
        <UserFields draft={draft} errors={errors} change={change} />
        <p className="quiet">A new role counts from their next click or request on.</p>
      </Form>
    </Modal>
  );
}

function NewLink({ user, onClose }: Props) {
  const make = useCreatePasswordLink(user.id);
  return (
    <Modal opened onClose={onClose} title={`New link for ${user.name}`} closeOnClickOutside={!make.data}>
      {make.data ? (
        <PasswordLinkShown name={user.name} link={make.data} onDone={onClose} />
      ) : (
        <>
          <p>
            With it they set a new password and are signed out everywhere else. Their old password counts until then. An
            older link ends.
          </p>
          {make.error && <ErrorNotice error={make.error} />}
          <Group justify="flex-end" mt="lg">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button loading={make.isPending} onClick={() => make.mutate()} data-autofocus>
              Make a link
            </Button>
          </Group>
        </>
      )}
    </Modal>
  );
}

function SwitchUser({ user, onClose, disable }: Props & { disable: boolean }) {
  const save = useUpdateUser(user.id);
  const body = { name: user.name, role: user.role, disabled: disable };
  return (
    <Confirm
      title={`${disable ? 'Disable' : 'Enable'} ${user.name}?`}
      action={disable ? 'Disable user' : 'Enable user'}
      isHarmless={!disable}
      isPending={save.isPending}
      error={save.error}
      onConfirm={() => save.mutate(body, { onSuccess: onClose })}
      onClose={onClose}
    >
      {disable
        ? 'Their sessions end at once, and their API keys are refused until they are enabled again.'
        : 'They can sign in again, and their API keys work again.'}
    </Confirm>
  );
}

function DeleteUser({ user, onClose }: Props) {
  const remove = useDeleteUser(user.id);
  return (
    <Confirm
      title={`Delete ${user.name}?`}
      action="Delete user"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      Their sessions end and their API keys are deleted at once. Jobs, runs and the audit log keep their name. This
      cannot be undone.
    </Confirm>
  );
}
