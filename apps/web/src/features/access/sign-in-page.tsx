import { isAppError } from '@bigeye/contracts';
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { LinkButton } from '../../components/link-button.tsx';
import { ErrorNotice } from '../../components/notice.tsx';
import { type SignInBody, useSignIn } from './api.ts';
import styles from './sign-in-page.module.css';
import { SingleSignOn } from './single-sign-on.tsx';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { to, by } = route.useSearch();
  useEffect(() => {
    document.title = 'Sign in · Agent Orchestrator';
  }, []);
  const back = to === undefined ? {} : { to };
  return (
    <main className={styles.page}>
      <h1>Agent Orchestrator</h1>
      <SingleSignOn />
      {by === 'key' ? <ByKey /> : <ByPassword />}
      <section className={styles.help} aria-label="Other ways in">
        <LinkButton to="/sign-in" search={by === 'key' ? back : { ...back, by: 'key' }} variant="default" fullWidth>
          {by === 'key' ? 'Use e-mail and password' : 'Use a personal API key'}
        </LinkButton>
        <p>
          No password yet, or forgotten? An admin makes you a link to set one: Settings → Users. The first start of the
          control plane prints the admin’s link and key in its own output.
        </p>
      </section>
    </main>
  );
}

/** Signs in, then goes on to where the visitor wanted to be. */
function useForm() {
  const { to } = route.useSearch();
  const router = useRouter();
  const signIn = useSignIn();
  const [isTried, setIsTried] = useState(false);
  const submit = (body: SignInBody | undefined) => (event: FormEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (body) signIn.mutate(body, { onSuccess: () => router.history.push(to ?? '/runs') });
  };
  return { signIn, isTried, submit };
}

function ByPassword() {
  const { signIn, isTried, submit } = useForm();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const isRefused = isAppError(signIn.error, 'SIGN_IN_REFUSED');
  const body = email.trim() && password ? { email: email.trim(), password } : undefined;
  return (
    <form className={styles.form} onSubmit={submit(body)} noValidate>
      <TextInput
        label="E-mail"
        type="email"
        autoComplete="username"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
        error={isTried && !email.trim() ? 'Type your e-mail address.' : wrongAddress(signIn.error)}
        autoFocus
      />
      <PasswordInput
        label="Password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={
          isTried && !password
            ? 'Type your password.'
            : isRefused && 'E-mail and password do not match a user who can sign in.'
        }
      />
      <Fault error={signIn.error} isAtField={isRefused || wrongAddress(signIn.error) !== undefined} />
      <Button type="submit" size="sm" loading={signIn.isPending} fullWidth>
        Sign in
      </Button>
    </form>
  );
}

function ByKey() {
  const { signIn, isTried, submit } = useForm();
  const [apiKey, setApiKey] = useState('');
  const isRefused = isAppError(signIn.error, 'UNAUTHENTICATED');
  const body = apiKey.trim() ? { apiKey: apiKey.trim() } : undefined;
  return (
    <form className={styles.form} onSubmit={submit(body)} noValidate>
      <PasswordInput
        label="Personal API key"
        placeholder="bigeye_pak_…"
        value={apiKey}
        onChange={(event) => setApiKey(event.currentTarget.value)}
        error={
          isTried && !body
            ? 'Paste the key here; it begins with bigeye_pak_.'
            : isRefused &&
              'This key is not valid. Compare it with the one you were given, or ask an admin for a new one.'
        }
        autoComplete="off"
        autoFocus
        classNames={{ innerInput: 'mono' }}
      />
      <Fault error={signIn.error} isAtField={isRefused} />
      <Button type="submit" size="sm" loading={signIn.isPending} fullWidth>
        Sign in
      </Button>
    </form>
  );
}

const Fault = ({ error, isAtField }: { error: unknown; isAtField: boolean }) =>
  error && !isAtField ? <ErrorNotice error={error} /> : null;

const wrongAddress = (error: unknown): string | undefined =>
  isAppError(error, 'INVALID_INPUT') ? 'This is no e-mail address.' : undefined;
