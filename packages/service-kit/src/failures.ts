import {
  type AppError,
  describeError,
  type ErrorCode,
  isAppError,
  isErrorCode,
  type RecordedFailure,
} from '@bigeye/contracts';
import { ApplicationFailure } from '@temporalio/common';

/** An AppError as Temporal carries it: the code is the failure's type, the details travel as they are. */
export function toApplicationFailure(error: AppError): ApplicationFailure {
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !error.retryable,
    details: [error.details],
    cause: error,
  });
}

/** What a failure says in our words, wherever in its chain of causes a code of the catalogue stands. */
export function recordedFailureOf(error: unknown): RecordedFailure | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (isAppError(at)) return { code: at.code, details: at.details as Record<string, unknown> };
    if (at instanceof ApplicationFailure && isErrorCode(at.type))
      return { code: at.type, details: (at.details?.[0] ?? {}) as Record<string, unknown> };
  }
  return undefined;
}

export function describeFailure(failure: { code: ErrorCode; details: unknown }) {
  return { code: failure.code, ...describeError(failure.code, failure.details) };
}
