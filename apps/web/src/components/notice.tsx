import { describeError, type ErrorCode, isAppError } from '@bigeye/contracts';
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import { isPassing } from '../lib/read.ts';
import { ShortId } from './copy.tsx';
import { Icon } from './icon.tsx';
import styles from './notice.module.css';
import { TextWithCommands } from './text-with-commands.tsx';

/** The catalogue's remedy for these is a request to the API; who sees this page has a nearer way. */
const remedies: Partial<Record<ErrorCode, string>> = {
  RUN_NOT_FOUND: 'Its job may have been deleted, and its runs with it. The list of runs shows those that are left.',
  JOB_NOT_FOUND: 'It may have been deleted. The list of jobs shows those that are left.',
  LINEAGE_NODE_NOT_FOUND: 'It may have left the source since. Search for its name.',
  JOB_HAS_ACTIVE_RUN: 'Wait for the run to finish, or open and cancel it.',
  UNAUTHENTICATED: 'Sign in again.',
};

/** Sentences for anything thrown; what is not ours is told as INTERNAL. */
export function sentencesOf(error: unknown): { message: string; remedy: string } {
  if (isAppError(error, 'CONTROL_PLANE_UNREACHABLE'))
    return {
      message: 'The control plane does not answer.',
      remedy: 'Check your network, or ask whoever runs the control plane.',
    };
  if (isAppError(error)) return { message: error.message, remedy: remedies[error.code] ?? error.remedy };
  const { message, remedy } = describeError('INTERNAL', {});
  return { message: error instanceof Error ? `${message} (${error.message})` : message, remedy };
}

interface ErrorNoticeProps {
  error: unknown;
  retry?: () => void;
  action?: ReactNode;
  /** A passing fault is tried again without anybody's doing. */
  triesAgain?: boolean;
}

/** What happened and what to do next. */
export function ErrorNotice({ error, retry, action, triesAgain = false }: ErrorNoticeProps) {
  const { message, remedy } = sentencesOf(error);
  // No button for what asking again cannot change.
  const canRetry = retry && isPassing(error);
  const requestId = isAppError(error) && error.httpStatus >= 500 ? error.requestId : undefined;
  return (
    <div className={styles.notice} role="alert">
      <Icon name="warning" />
      <div>{message}</div>
      <div className={styles.remedy}>
        <TextWithCommands text={remedy} />
        {triesAgain && isPassing(error) && ' This page tries again by itself.'}
        {requestId && (
          <>
            {' '}
            Request <ShortId id={requestId} />
          </>
        )}
      </div>
      {(action || canRetry) && (
        <div className={styles.actions}>
          {action || (
            <Button variant="default" onClick={retry}>
              Try again
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

interface EmptyStateProps {
  title: string;
  text?: ReactNode;
  /** It is all there is on the page, and so its title is the page's. */
  isPage?: boolean;
  children?: ReactNode;
}

/** What would be here, and the one command or button that brings it. */
export function EmptyState({ title, text, isPage = false, children }: EmptyStateProps) {
  const Heading = isPage ? 'h1' : 'h2';
  return (
    <div className={styles.empty}>
      <Heading>{title}</Heading>
      {text && <p>{text}</p>}
      {children && <div>{children}</div>}
    </div>
  );
}
