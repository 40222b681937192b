import { z } from 'zod';
import { ApiKeyId, UserId } from './ids.ts';

export const Role = z.enum(['viewer', 'member', 'admin']);
export type Role = z.infer<typeof Role>;

export const User = z.object({
  id: UserId,
  email: z.email(),
  name: z.string(),
  role: Role,
  createdAt: z.iso.datetime(),
});
export type User = z.infer<typeof User>;

export const UserInput = z.object({ email: z.email(), name: z.string().trim().min(1).max(128), role: Role });

/** Who asks: the user behind a personal key or a session. */
export const Session = z.object({ user: User });
export type Session = z.infer<typeof Session>;

export const ApiKeyInput = z.object({
  name: z.string().trim().min(1).max(128),
  description: z.string().max(1024).default(''),
});

export const ApiKeyInfo = z.object({
  id: ApiKeyId,
  name: z.string(),
  description: z.string(),
  type: z.enum(['PERSONAL_API_KEY', 'AGENT_API_KEY_TYPE_AGENT']),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
  lastUsedIp: z.string().nullable(),
});
export type ApiKeyInfo = z.infer<typeof ApiKeyInfo>;

/** `apiKey` is shown here and never again. */
export const ApiKeyCreated = z.object({ apiKey: z.string(), info: ApiKeyInfo });

export const PublicKey = z.object({ publicKey: z.string().max(16_384).describe('RSA public key in PEM (SPKI).') });

export const AccountPublicKey = PublicKey.extend({
  previousPublicKey: z
    .string()
    .nullable()
    .default(null)
    .describe('The key before it, while a rotation is not finished.'),
});

/** To replace the account key, its private half must have signed the new one. */
export const AccountPublicKeyInput = PublicKey.extend({
  rotationSignature: z
    .base64()
    .max(2048)
    .optional()
    .describe('RSA-PSS (SHA-256, salt of 32 bytes) by the current key over the DER (SPKI) of the new one.'),
});
