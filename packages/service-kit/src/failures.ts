import type { AppError } from '@bigeye/contracts';
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
