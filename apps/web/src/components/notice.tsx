import { describeError, isAppError } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from './icon.tsx';
import styles from './notice.module.css';
import { TextWithCommands } from './text-with-commands.tsx';

/** Sentences for anything thrown; what is not ours is told as INTERNAL. */
export function sentencesOf(error: unknown): { message: string; remedy: string } {
  if (isAppError(error, 'CONTROL_PLANE_UNREACHABLE'))
    return {
      message: 'The control plane does not answer.',
      remedy: 'This page tries again by itself. Check your network, or ask whoever runs the control plane.',
    };
  if (isAppError(error)) return { message: error.message, remedy: error.remedy };
  const { message, remedy } = describeError('INTERNAL', {});
  return { message: error instanceof Error ? `${message} (${error.message})` : message, remedy };
}

/** What happened and what to do next. */
export function ErrorNotice({ error, retry, action }: { error: unknown; retry?: () => void; action?: ReactNode }) {
  const { message, remedy } = sentencesOf(error);
  return (
    <div className={styles.notice} role="alert">
      <Icon name="warning" />
      <div>{message}</div>
      <div className={styles.remedy}>
        <TextWithCommands text={remedy} />
      </div>
      {(action || retry) && (
        <div className={styles.actions}>
          {action ?? (
            <Button variant="default" onClick={retry}>
              Try again
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

/** What would be here, and the one command or button that brings it. */
export function EmptyState({ title, text, children }: { title: string; text?: ReactNode; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children && <div>{children}</div>}
    </div>
  );
}
