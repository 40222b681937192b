import { randomBytes } from 'node:crypto';
import { ApiKeyId, JobId, RegistrationKeyId, RunId, SessionId, UserId } from '@bigeye/contracts';

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** `length` random characters of [0-9a-z], without modulo bias. */
export function randomText(length: number): string {
  let text = '';
  while (text.length < length)
    for (const byte of randomBytes(length)) if (byte < 252 && text.length < length) text += alphabet[byte % 36];
  return text;
}

export const createJobId = (): JobId => JobId.parse(`job_${randomText(20)}`);
export const createRunId = (): RunId => RunId.parse(`run_${randomText(20)}`);
export const createUserId = (): UserId => UserId.parse(`usr_${randomText(20)}`);
export const createApiKeyId = (): ApiKeyId => ApiKeyId.parse(`key_${randomText(20)}`);
export const createRegistrationKeyId = (): RegistrationKeyId => RegistrationKeyId.parse(`rgk_${randomText(20)}`);
export const createSessionId = (): SessionId => SessionId.parse(`ses_${randomText(20)}`);
export const createInstallationId = (): string => `ins_${randomText(20)}`;
