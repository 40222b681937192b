import { z } from 'zod';
import { ApiKeyId, SessionId, UserId } from './ids.ts';
import { storableText } from './scalars.ts';

export const Role = z.enum(['viewer', 'member', 'admin']);
export type Role = z.infer<typeof Role>;

/** Each role may do what those before it may. */
export const isAtLeast = (role: Role, needed: Role): boolean =>
  Role.options.indexOf(role) >= Role.options.indexOf(needed);

/** Addresses are one account whatever their case. */
const Email = z.email().max(254).toLowerCase();
const UserName = storableText(128).trim().min(1);

export const User = z.object({
  id: UserId,
  email: z.email(),
  name: z.string(),
  role: Role,
  createdAt: z.iso.datetime(),
  /** Set while the user may not come in by any way. */
  disabledAt: z.iso.datetime().nullable(),
  hasPassword: z.boolean(),
  /** Whether they have come in by single sign-on. */
  usesSingleSignOn: z.boolean(),
});
export type User = z.infer<typeof User>;

/** All users at a glance. */
export const UserSummary = z.object({
  enabled: z.number().int(),
  admins: z.number().int().describe('Of those who are enabled.'),
  withoutSignIn: z.number().int().describe('Of those who are enabled: neither a password nor single sign-on yet.'),
  disabled: z.number().int(),
});
export type UserSummary = z.infer<typeof UserSummary>;

export const UserInput = z.object({ email: Email, name: UserName, role: Role });
export const UserChange = z.object({ name: UserName, role: Role, disabled: z.boolean() });

/** A link with which its holder sets a password, once. Shown here and never again. */
export const PasswordLink = z.object({ url: z.string(), expiresAt: z.iso.datetime() });
export type PasswordLink = z.infer<typeof PasswordLink>;

export const UserCreated = User.extend({ passwordLink: PasswordLink });

/** Length is what makes a password hard to guess. More than 256 characters would only be work for us. */
export const NewPassword = z
  .string()
  .min(12, 'at least 12 characters')
  .max(256, 'at most 256 characters')
  .refine((text) => new Set(text).size >= 5, 'at least 5 different characters');

/** What is typed to prove who one is; whether it is long enough is no question here. */
const Password = z.string().min(1).max(256);

export const PasswordByLink = z.object({ token: z.string().min(1).max(128), password: NewPassword });
export const PasswordChange = z.object({ currentPassword: Password, newPassword: NewPassword });

/** How somebody signs in to the UI. */
export const SignIn = z.union([
  z.object({ apiKey: z.string().min(1).max(256) }),
  z.object({ email: Email, password: Password }),
]);

/** What the sign-in page offers beside e-mail and password, and keys. */
export const SignInMethods = z.object({
  singleSignOn: z.object({ name: z.string().describe('What the button says after "Sign in with".') }).nullable(),
});

/** Who asks: the user behind a personal key or a session. */
export const Session = z.object({ user: User });
export type Session = z.infer<typeof Session>;

/** One sign-in of the UI that has not ended. */
export const SessionInfo = z.object({
  id: SessionId,
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  address: z.string().nullable(),
  /** As the browser names itself. */
  userAgent: z.string().nullable(),
  /** The one that this request came with. */
  isCurrent: z.boolean(),
});
export type SessionInfo = z.infer<typeof SessionInfo>;

export const ApiKeyInput = z.object({
  // What cannot be stored is refused by the database, after the audit log has had the name.
  name: z.string().trim().min(1).max(128),
  description: storableText(1024).default(''),
});

export const ApiKeyInfo = z.object({
  id: ApiKeyId,
  name: z.string(),
  description: z.string(),
  type: z.enum(['PERSONAL_API_KEY', 'AGENT_API_KEY_TYPE_AGENT']),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
  lastUsedIp: z.string().nullable(),
  expiresAt: z.iso
    .datetime()
    .nullable()
    .default(null)
    .describe("When it ends by itself: the first admin's key does, unless it is kept."),
});
export type ApiKeyInfo = z.infer<typeof ApiKeyInfo>;

const KeyCount = z.object({ keys: z.number().int(), neverUsed: z.number().int() });
/** `agents`: for admins. */
export const ApiKeySummary = z.object({ personal: KeyCount, agents: KeyCount.nullable() });
export type ApiKeySummary = z.infer<typeof ApiKeySummary>;

/** `apiKey` is shown here and never again. */
export const ApiKeyCreated = z.object({ apiKey: z.string(), info: ApiKeyInfo });
export type ApiKeyCreated = z.infer<typeof ApiKeyCreated>;

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
