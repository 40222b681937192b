import { isAppError, PasswordChange, type User } from '@bigeye/contracts';
import { PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { Form } from '../../components/form.tsx';
import { Icon } from '../../components/icon.tsx';
import { checkFields, errorsWithout, type FieldErrors, fieldErrorsOf } from '../../lib/field-errors.ts';
import { useChangePassword } from './api.ts';
import { passwordRule } from './password-rule.ts';

const empty = { currentPassword: '', newPassword: '' };

export function ChangePassword({ user }: { user: User }) {
  const [draft, setDraft] = useState(empty);
  const [errors, setErrors] = useState<FieldErrors>({});
  const change = useChangePassword();
  const set = (part: Partial<typeof empty>) => {
    setDraft((before) => ({ ...before, ...part }));
    setErrors((before) => errorsWithout(before, part));
  };

  if (!user.hasPassword)
    return (
      <p className="quiet">
        You have none yet and sign in with a key. An admin makes you a link to set one: Settings → Users → New link.
      </p>
    );
  const submit = () => {
    const found = checkFields(PasswordChange, draft);
    if (draft.currentPassword === '') found.currentPassword = 'Type the password that counts now.';
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    change.mutate(draft, {
      onSuccess: () => setDraft(empty),
      onError: (error) =>
        setErrors(isAppError(error, 'PASSWORD_WRONG') ? { currentPassword: error.message } : fieldErrorsOf(error)),
    });
  };
  return (
    <Form
      label="Change the password"
      submit="Change password"
      isPending={change.isPending}
      error={Object.keys(errors).length === 0 ? change.error : undefined}
      onSubmit={submit}
    >
      <input type="email" autoComplete="username" value={user.email} readOnly hidden />
      <PasswordInput
        label="Current password"
        autoComplete="current-password"
        value={draft.currentPassword}
        onChange={(event) => set({ currentPassword: event.currentTarget.value })}
        error={errors.currentPassword}
      />
      <PasswordInput
        label="New password"
        description={passwordRule}
        autoComplete="new-password"
        value={draft.newPassword}
        onChange={(event) => set({ newPassword: event.currentTarget.value })}
        error={errors.newPassword}
      />
      {change.isSuccess && (
        <p role="status" style={{ display: 'flex', gap: 8, alignItems: 'center' }}>
          <Icon name="check" /> Changed. Your other sessions have ended.
        </p>
      )}
    </Form>
  );
}
