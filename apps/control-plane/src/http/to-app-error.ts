import { AppError, isAppError } from '@bigeye/contracts';
import { withoutSecrets } from './without-secrets.ts';

/** What the API says of anything thrown. Fastify's own refusals (bad JSON, too large) are the sender's to correct. */
export function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const { statusCode, code = '', message } = error as { statusCode?: number; code?: string; message: string };
  const refusal =
    refusals[code] ??
    (dataException.test(code) ? 'a value that the database cannot keep' : undefined) ??
    (statusCode !== undefined && statusCode < 500 ? withoutSecrets(message) : undefined);
  if (refusal === undefined) return new AppError('INTERNAL', {}, { cause: error });
  return new AppError('INVALID_INPUT', { issues: [{ path: 'body', message: refusal }] }, { cause: error });
}

/** SQLSTATE class 22: the value that was sent is at fault, whichever it is. */
const dataException = /^22[0-9A-Z]{3}$/;

/** In our words: a parser's own message quotes what it did not understand. */
const refusals: Record<string, string> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'not valid JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'empty, where JSON is announced',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'a content type that is not taken here; send application/json',
  FST_ERR_CTP_BODY_TOO_LARGE: 'larger than this route takes',
  // PostgreSQL has no place for U+0000 nor for half a surrogate pair.
  '22021': 'a character that no text may have',
  '22P05': 'a character that no text may have',
};
