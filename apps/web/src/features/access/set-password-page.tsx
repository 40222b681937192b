import { NewPassword } from '@bigeye/contracts';
import { Button, PasswordInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { LinkButton } from '../../components/link-button.tsx';
import { EmptyState, ErrorNotice } from '../../components/notice.tsx';
import { checkFields, fieldErrorsOf } from '../../lib/field-errors.ts';
import { useSetPassword } from './api.ts';
import { passwordRule } from './password-rule.ts';
import styles from './sign-in-page.module.css';

/** Where the link of an admin leads. Its token stands behind the #, which the browser sends to nobody. */
export function SetPasswordPage() {
  const [token] = useState(() => location.hash.slice(1));
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string>();
  const navigate = useNavigate();
  const save = useSetPassword();
  useEffect(() => {
    document.title = 'Set a password · Agent Orchestrator';
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const fault = checkFields(NewPassword, password)[''];
    setError(fault);
    if (fault === undefined)
      save.mutate({ token, password }, { onSuccess: () => navigate({ to: '/runs', search: {}, replace: true }) });
  };
  const ofServer = fieldErrorsOf(save.error).password;

  if (token === '')
    return (
      <main className={styles.page}>
        <EmptyState
          title="This link is not whole"
          text="Copy all of it, the part behind the # too, or ask for a new one."
        >
          <LinkButton to="/sign-in" search={{}} variant="default">
            Go to the sign-in
          </LinkButton>
        </EmptyState>
      </main>
    );
  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <h1>Set your password</h1>
        <p>You are signed in with it at once. Sessions that are open elsewhere end.</p>
        <PasswordInput
          label="New password"
          description={passwordRule}
          autoComplete="new-password"
          value={password}
          onChange={(event) => {
            setPassword(event.currentTarget.value);
            setError(undefined);
          }}
          error={error ?? ofServer}
          autoFocus
        />
        {save.error && !ofServer && <ErrorNotice error={save.error} />}
        <Button type="submit" size="sm" loading={save.isPending} fullWidth>
          Set password and sign in
        </Button>
      </form>
    </main>
  );
}
