import { isAppError } from '@bigeye/contracts';
import { Button, PasswordInput } from '@mantine/core';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { Command } from '../../components/copy.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { useSignIn } from './api.ts';
import styles from './sign-in-page.module.css';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { to } = route.useSearch();
  const router = useRouter();
  const signIn = useSignIn();
  const [apiKey, setApiKey] = useState('');
  const [isMissing, setIsMissing] = useState(false);
  useEffect(() => {
    document.title = 'Sign in · Agent Orchestrator';
  }, []);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsMissing(apiKey.trim() === '');
    if (apiKey.trim() !== '') signIn.mutate(apiKey.trim(), { onSuccess: () => router.history.push(to ?? '/runs') });
  };
  const refused = isAppError(signIn.error, 'UNAUTHENTICATED');

  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={submit} noValidate>
        <h1>Agent Orchestrator</h1>
        <p>Sign in with your personal API key.</p>
        <PasswordInput
          label="Personal API key"
          placeholder="bigeye_pak_…"
          value={apiKey}
          onChange={(event) => setApiKey(event.currentTarget.value)}
          error={errorOf(isMissing, refused)}
          autoComplete="current-password"
          autoFocus
          size="sm"
          classNames={{ innerInput: 'mono' }}
        />
        {signIn.error && !refused && <ErrorNotice error={signIn.error} />}
        <Button type="submit" size="sm" loading={signIn.isPending} fullWidth>
          Sign in
        </Button>
        <section className={styles.help} aria-label="How to get a key">
          <h2>No key yet?</h2>
          <p>
            The first start of the control plane prints the admin’s key once, in its own output. Every further key is
            made by somebody who has one:
          </p>
          <Command text={createKeyCommand(location.origin)} />
        </section>
      </form>
    </main>
  );
}

function errorOf(isMissing: boolean, refused: boolean): string | undefined {
  if (isMissing) return 'Paste the key here; it begins with bigeye_pak_.';
  if (refused) return 'This key is not valid. Compare it with the one you were given, or ask an admin for a new one.';
  return undefined;
}

const createKeyCommand = (origin: string): string =>
  `curl -X POST ${origin}/api/v1/personal-api-keys -H "Authorization: apikey $BIGEYE_PERSONAL_API_KEY" -H "Content-Type: application/json" -d '{"name": "my browser"}'`;
