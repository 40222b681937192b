import { z } from 'zod';
import { CaCertificate, Host, HostState, HostSummary, RegisterRequest, RegisterResponse } from '../hosts.ts';
import { HostId, RegistrationKeyId } from '../ids.ts';
import {
  HostSetup,
  RegisterByKeyRequest,
  RegisterByKeyResponse,
  Registration,
  RegistrationKeyCreated,
  RegistrationKeyInfo,
  RegistrationKeyInput,
  RegistrationKeyState,
} from '../registration.ts';
import { storableText } from '../scalars.ts';
import { atLeast, base, page, pageQuery, route } from './route.ts';

/** As Temporal's remote codec protocol has it: bytes in base64. */
const CodecPayloads = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), z.base64()).optional(), data: z.base64().optional() }))
    .max(1000),
});

/** Hosts, their registration, and the keys for it. */
export const hostRoutes = {
  listHosts: route({
    method: 'GET',
    path: `${base}/hosts`,
    tag: 'Hosts',
    summary: 'List the registered hosts, by id',
    access: atLeast('viewer'),
    query: z.object({
      ...pageQuery,
      hostId: HostId.optional().describe('Only this one, if there is such a host.'),
      search: storableText(256).optional().describe('A part of the id, in any case.'),
      state: HostState.optional(),
      revoked: z.stringbool().optional().describe('Only hosts that are locked out (true), or only those that are not.'),
    }),
    response: page(Host),
    errors: [],
  }),
  summarizeHosts: route({
    method: 'GET',
    path: `${base}/host-summary`,
    tag: 'Hosts',
    summary: 'How many hosts there are in each state, and which cannot run a job now',
    access: atLeast('viewer'),
    response: HostSummary,
    errors: [],
  }),
  getHost: route({
    method: 'GET',
    path: `${base}/hosts/:hostId`,
    tag: 'Hosts',
    summary: 'Read one host',
    access: atLeast('viewer'),
    params: z.object({ hostId: HostId }),
    response: Host,
    errors: ['HOST_NOT_FOUND'],
  }),
  getCaCertificate: route({
    method: 'GET',
    path: `${base}/ca-certificate`,
    tag: 'Hosts',
    summary: 'The certificate of the CA, so that a host can compare its fingerprint before it sends a key',
    access: { kind: 'public' },
    response: CaCertificate,
    errors: [],
  }),
  registerHost: route({
    method: 'POST',
    path: `${base}/register`,
    tag: 'Hosts',
    summary: 'Register a host, or re-issue its certificate',
    access: atLeast('admin'),
    body: RegisterRequest,
    audit: ['hostId'],
    response: RegisterResponse,
    errors: ['INVALID_INPUT'],
  }),
  getHostSetup: route({
    method: 'GET',
    path: `${base}/host-setup`,
    tag: 'Hosts',
    summary: 'What it takes to register a host: the addresses it connects to, the CA, and where its CLI comes from',
    access: atLeast('admin'),
    response: HostSetup,
    errors: [],
  }),
  createRegistrationKey: route({
    method: 'POST',
    path: `${base}/registration-keys`,
    tag: 'Hosts',
    summary: 'Make a key that registers one host, once, within an hour; shown once. An older key for that host ends',
    access: atLeast('admin'),
    body: RegistrationKeyInput,
    audit: ['hostId', 'replaces'],
    response: RegistrationKeyCreated,
    errors: ['INVALID_INPUT', 'HOST_ID_TAKEN'],
  }),
  listRegistrationKeys: route({
    method: 'GET',
    path: `${base}/registration-keys`,
    tag: 'Hosts',
    summary: 'The newest registration key of each host id, without its value, and what became of it; newest first',
    access: atLeast('admin'),
    query: z.object({ ...pageQuery, hostId: HostId.optional(), state: RegistrationKeyState.optional() }),
    response: page(RegistrationKeyInfo),
    errors: [],
  }),
  deleteRegistrationKey: route({
    method: 'DELETE',
    path: `${base}/registration-keys/:registrationKeyId`,
    tag: 'Hosts',
    summary: 'Revoke a registration key; it is refused from the next request on',
    access: atLeast('admin'),
    params: z.object({ registrationKeyId: RegistrationKeyId }),
    response: null,
    errors: ['REGISTRATION_KEY_NOT_FOUND'],
  }),
  getRegistration: route({
    method: 'GET',
    path: `${base}/registration`,
    tag: 'Hosts',
    summary: 'What a registration key is for, and what the host has to bring; the key stays unused',
    access: { kind: 'registrationKey' },
    response: Registration,
    errors: ['REGISTRATION_KEY_REFUSED', 'HOST_ID_TAKEN'],
  }),
  registerHostByKey: route({
    method: 'POST',
    path: `${base}/registration`,
    tag: 'Hosts',
    summary:
      'Register the host that the key was made for, exchange public keys and get its certificate; uses the key up',
    access: { kind: 'registrationKey' },
    body: RegisterByKeyRequest,
    audit: ['hostId'],
    response: RegisterByKeyResponse,
    errors: ['INVALID_INPUT', 'REGISTRATION_KEY_REFUSED', 'HOST_ID_TAKEN', 'PUBLIC_KEY_CONFLICT'],
  }),
  revokeHost: route({
    method: 'POST',
    path: `${base}/hosts/:hostId/revoke`,
    tag: 'Hosts',
    summary: 'Lock a host out at once; its active runs end as failed. Registering it again lets it in',
    access: atLeast('admin'),
    params: z.object({ hostId: HostId }),
    response: Host,
    errors: ['HOST_NOT_FOUND'],
  }),
  decodePayloads: route({
    method: 'POST',
    path: `${base}/payload-codec/decode`,
    tag: 'Hosts',
    summary: "Codec endpoint for Temporal's own tools: opens sealed payloads",
    access: atLeast('admin'),
    body: CodecPayloads,
    response: CodecPayloads,
    errors: ['PAYLOAD_UNREADABLE'],
  }),
};
