import { Button, Group } from '@mantine/core';
import { type FormEvent, type ReactNode, useRef } from 'react';
import styles from './form.module.css';
import { ErrorNotice } from './notice.tsx';

interface Props {
  label: string;
  children: ReactNode;
  submit: string;
  isPending: boolean;
  /** What no field can tell. */
  error?: unknown;
  onSubmit: () => void;
  onCancel?: (() => void) | undefined;
}

/** Fields above each other, then the button. Fields tell their own faults; the first faulty one gets the focus. */
export function Form({ label, children, submit, isPending, error, onSubmit, onCancel }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
  };
  return (
    <form ref={form} className={styles.form} onSubmit={send} noValidate aria-label={label}>
      {children}
      {error ? <ErrorNotice error={error} /> : null}
      <Group gap="xs" justify={onCancel ? 'flex-end' : 'flex-start'}>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button type="submit" loading={isPending}>
          {submit}
        </Button>
      </Group>
    </form>
  );
}
