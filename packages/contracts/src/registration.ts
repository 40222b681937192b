import { z } from 'zod';
import { HostState, RegisterRequest, RegisterResponse } from './hosts.ts';
import { HostId, RegistrationKeyId } from './ids.ts';

/** How long a registration key is good: enough to walk over to the machine, too short to be kept. */
export const registrationKeyLifetimeMs = 60 * 60 * 1000;

/** Where the CLI that this control plane was built with is downloaded from. */
export const cliDownloadPath = '/install/bigeye-agent';

/** `void`: its maker may register no hosts any more. */
export const RegistrationKeyState = z.enum(['open', 'used', 'expired', 'void']);
export type RegistrationKeyState = z.infer<typeof RegistrationKeyState>;

export const RegistrationKeyInput = z.object({
  hostId: HostId,
  replaces: z
    .boolean()
    .default(false)
    .describe('Whether a host that is registered under this id may be thrown out by it.'),
});

export const RegistrationKeyInfo = z.object({
  id: RegistrationKeyId,
  hostId: HostId,
  replaces: z.boolean(),
  state: RegistrationKeyState,
  createdAt: z.iso.datetime(),
  createdBy: z.string().describe('E-mail of the admin who made it.'),
  expiresAt: z.iso.datetime(),
  usedAt: z.iso.datetime().nullable(),
  usedFrom: z.string().nullable().describe('The address it was used from.'),
});
export type RegistrationKeyInfo = z.infer<typeof RegistrationKeyInfo>;

/** `registrationKey` is shown here and never again. */
export const RegistrationKeyCreated = z.object({ registrationKey: z.string(), info: RegistrationKeyInfo });
export type RegistrationKeyCreated = z.infer<typeof RegistrationKeyCreated>;

/** `loopback` and `unspecified` (0.0.0.0): an address that leads no other machine here. */
export const AddressReach = z.enum(['loopback', 'unspecified', 'network']);
export type AddressReach = z.infer<typeof AddressReach>;

export const HostSetupAddress = z.object({
  setting: z.enum(['PUBLIC_URL', 'GATEWAY_ADDRESS', 'HOST_API_URL']),
  value: z.string(),
  isSet: z.boolean().describe('Or guessed from what the control plane listens on.'),
  reach: AddressReach,
});
export type HostSetupAddress = z.infer<typeof HostSetupAddress>;

/** What whoever registers a host has to know of this control plane. */
export const HostSetup = z.object({
  addresses: z.array(HostSetupAddress).describe('What hosts and run containers connect to.'),
  caFingerprint: z.string().describe('SHA-256 of the CA, for --ca-fingerprint.'),
  cli: z
    .object({ path: z.string(), sha256: z.string(), bytes: z.number().int() })
    .nullable()
    .describe('The CLI to download; null where CLI_FILE is not set.'),
  images: z.array(z.string()).describe('What the host pulls, or is brought.'),
});
export type HostSetup = z.infer<typeof HostSetup>;

/** What the holder of a registration key may know before it is used. */
export const Registration = z.object({
  hostId: HostId,
  expiresAt: z.iso.datetime(),
  accountPublicKey: z
    .string()
    .nullable()
    .describe('The account key that hosts depend on, in PEM; null where the first host is still to bring one.'),
  otherHost: z
    .object({ id: HostId, state: HostState })
    .nullable()
    .describe('A host that has this key in its agent_config/.'),
});
export type Registration = z.infer<typeof Registration>;

export const RegisterByKeyRequest = RegisterRequest.required({ certificateRequest: true }).extend({
  accountPublicKey: z.string().max(16_384).describe("The account's RSA public key in PEM (SPKI)."),
  wantsAgentApiKey: z.boolean().default(false).describe('Whether to make an agent API key for this host.'),
});
export type RegisterByKeyRequest = z.input<typeof RegisterByKeyRequest>;

export const RegisterByKeyResponse = RegisterResponse.extend({
  bigeyePublicKey: z.string().describe("The control plane's public key that hosts encrypt to."),
  agentApiKey: z.string().nullable().describe("This host's own agent API key; shown here and never again."),
});
export type RegisterByKeyResponse = z.infer<typeof RegisterByKeyResponse>;
