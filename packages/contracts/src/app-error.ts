import { z } from 'zod';
import { errorCatalogue } from './error-catalogue.ts';

export type ErrorCode = keyof typeof errorCatalogue;
export type ErrorDetails<Code extends ErrorCode> = Parameters<(typeof errorCatalogue)[Code]['message']>[0];

/** The only error that reaches a user: a code of the catalogue and the details its sentences need. */
export class AppError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly details: ErrorDetails<Code>;
  readonly remedy: string;
  readonly httpStatus: number;
  readonly retryable: boolean;
  readonly exitCode: number;
  /** Of the answer that brought it: by this the log of the control plane names the request. */
  readonly requestId: string | undefined;

  constructor(code: Code, details: ErrorDetails<Code>, options?: ErrorOptions & { requestId?: string }) {
    const { message, remedy } = describeError(code, details);
    super(message, options);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
    this.remedy = remedy;
    const spec = errorCatalogue[code];
    this.httpStatus = spec.status;
    this.retryable = spec.retryable;
    this.exitCode = spec.exitCode;
    this.requestId = options?.requestId;
  }
}

/** Message and remedy for a code whose details come from storage or the wire, and so may lack a field. */
export function describeError(code: ErrorCode, details: unknown): { message: string; remedy: string } {
  const spec = errorCatalogue[code] as {
    message: (details: Record<string, unknown>) => string;
    remedy: (details: Record<string, unknown>) => string;
  };
  const known = (typeof details === 'object' && details !== null ? details : {}) as Record<string, unknown>;
  return { message: spec.message(known), remedy: spec.remedy(known) };
}

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(errorCatalogue, code);

export const isAppError = <Code extends ErrorCode>(error: unknown, code?: Code): error is AppError<Code> =>
  error instanceof AppError && (code === undefined || error.code === code);

/** The one error body of the API. `code` is the HTTP status, which clients of the published API read. */
export const ErrorBody = z.object({
  code: z.number().int(),
  message: z.string(),
  errorCode: z.string(),
  remedy: z.string(),
  details: z.unknown(),
  requestId: z.string(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
