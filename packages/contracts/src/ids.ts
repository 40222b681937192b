import { z } from 'zod';

/** Chosen by the operator; unique per account. */
export const HostId = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,256}$/, 'letters, digits and hyphens only, at most 256')
  .brand<'HostId'>();
export type HostId = z.infer<typeof HostId>;

const idOf = <Brand extends string>(prefix: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-z]{20}$`))
    .brand<Brand>();

export const JobId = idOf<'JobId'>('job');
export type JobId = z.infer<typeof JobId>;
export const RunId = idOf<'RunId'>('run');
export type RunId = z.infer<typeof RunId>;
export const UserId = idOf<'UserId'>('usr');
export type UserId = z.infer<typeof UserId>;
export const ApiKeyId = idOf<'ApiKeyId'>('key');
export type ApiKeyId = z.infer<typeof ApiKeyId>;
export const SessionId = idOf<'SessionId'>('ses');
export type SessionId = z.infer<typeof SessionId>;

export const RegistrationKeyId = idOf<'RegistrationKeyId'>('rgk');
export type RegistrationKeyId = z.infer<typeof RegistrationKeyId>;

/** The fence against running a run twice: one run has one container name, and Docker allows a name once. */
export const containerNameOf = (runId: RunId): string => `bigeye-run-${runId.slice('run_'.length)}`;
