import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiRoutes, createApiClient, fillPath, HostId, type RegistrationKeyCreated } from '@bigeye/contracts';
import { createMutualTlsTransport, keyFingerprint } from '@bigeye/service-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCertificateRequest, root, startTestStack, type TestStack } from './support/test-stack.ts';

/** A machine becomes a host by a key that is good for that, once. */

const cliFile = join(root, 'package.json');
let stack: TestStack;
let log = '';
beforeAll(async () => {
  stack = await startTestStack(
    { CLI_FILE: cliFile, LOG_LEVEL: 'debug', PUBLIC_URL: 'https://bigeye.example.com/' },
    { write: (line) => (log += line) },
  );
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const accountPublicKey = newAccountKey();
function newAccountKey(): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

const makeKey = (id: string, replaces = false): Promise<RegistrationKeyCreated> =>
  stack.admin.call('createRegistrationKey', { body: { hostId: HostId.parse(id), replaces } });

/** What the CLI sends. */
function requestFor(id: string, change: { accountPublicKey?: string; wantsAgentApiKey?: boolean } = {}) {
  const { privateKey, certificateRequest } = createCertificateRequest();
  const managedAgents = [{ type: 'LINEAGE_PLUS' as const, image: 'lineage', connections: [] }];
  const body = {
    hostId: HostId.parse(id),
    managedAgents,
    certificateRequest,
    accountPublicKey,
    wantsAgentApiKey: true,
  };
  return { privateKey, body: { ...body, ...change } };
}
const register = (key: string, id: string, change = {}) =>
  stack.client(key).call('registerHostByKey', requestFor(id, change));
const stateOf = async (id: string) =>
  (await stack.admin.call('getHost', { params: { hostId: HostId.parse(id) } })).state;

test('a key registers its host: certificate, public keys and an agent API key of its own, then it is dead', async () => {
  const { registrationKey, info } = await makeKey('etl-01');
  const holder = stack.client(registrationKey);
  expect(await holder.call('getRegistration')).toEqual({
    hostId: 'etl-01',
    expiresAt: info.expiresAt,
    accountPublicKey: null,
    otherHost: null,
  });
  const { privateKey, body } = requestFor('etl-01');
  const answer = await holder.call('registerHostByKey', { body });
  expect(answer).toMatchObject({ host: { id: 'etl-01', state: 'registered' }, gatewayAddress: stack.gatewayAddress });
  await stack.client(answer.agentApiKey ?? '').call('verifyAgentApiKey');

  const { certificate = '', caCertificate, hostApiUrl, bigeyePublicKey } = answer;
  using transport = createMutualTlsTransport({ privateKey, certificate, caCertificate });
  const own = createApiClient({ baseUrl: hostApiUrl, transport });
  expect(await own.call('getOwnHost')).toMatchObject({
    accountKey: keyFingerprint(accountPublicKey),
    bigeyeKey: keyFingerprint(bigeyePublicKey),
  });
  const dead = { code: 'REGISTRATION_KEY_REFUSED', message: expect.stringContaining('used already') };
  await expect(holder.call('getRegistration')).rejects.toMatchObject(dead);
  await expect(register(registrationKey, 'etl-01')).rejects.toMatchObject(dead);
  const { items } = await stack.admin.call('listRegistrationKeys');
  expect(items).toMatchObject([{ id: info.id, state: 'used', usedFrom: '127.0.0.1' }]);
});

test('the key opens the two routes of registration and no other, neither new nor used', async () => {
  const open = await makeKey('nowhere-01');
  const spent = await makeKey('spent-01');
  await register(spent.registrationKey, 'spent-01');
  const ids = {
    hostId: 'etl-01',
    jobId: `job_${'0'.repeat(20)}`,
    runId: `run_${'0'.repeat(20)}`,
    name: 'x',
    nodeId: '1',
  };
  const more = {
    userId: `usr_${'0'.repeat(20)}`,
    sessionId: `ses_${'0'.repeat(20)}`,
    apiKeyId: `key_${'0'.repeat(20)}`,
  };
  for (const [key, ownStatus] of [
    [open.registrationKey, 200],
    [spent.registrationKey, 401],
  ] as const)
    for (const [name, route] of Object.entries(apiRoutes)) {
      if (route.access.kind === 'public' || name === 'registerHostByKey') continue;
      const path = fillPath(route.path, { ...ids, ...more, registrationKeyId: open.info.id });
      const headers = { authorization: `apikey ${key}` };
      const { status } = await fetch(stack.apiUrl + path, { method: route.method, headers });
      const expected = name === 'getRegistration' ? [ownStatus] : [401, 403];
      expect(expected, `${name} answered ${status}`).toContain(status);
    }
  const signIn = await fetch(`${stack.apiUrl}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiKey: open.registrationKey }),
  });
  expect(signIn.status).toBe(401);
});

test('only admins make, see and revoke keys, and only keys read what a key is for', async () => {
  const { info } = await makeKey('nowhere-02');
  for (const role of ['viewer', 'member'] as const) {
    const { client } = await stack.createUser(role);
    const forbidden = { code: 'FORBIDDEN' };
    await expect(client.call('createRegistrationKey', { body: { hostId: info.hostId } })).rejects.toMatchObject(
      forbidden,
    );
    await expect(client.call('listRegistrationKeys')).rejects.toMatchObject(forbidden);
    await expect(client.call('getHostSetup')).rejects.toMatchObject(forbidden);
    const params = { registrationKeyId: info.id };
    await expect(client.call('deleteRegistrationKey', { params })).rejects.toMatchObject(forbidden);
  }
  await expect(stack.admin.call('getRegistration')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a key registers no other host, and stays good for its own', async () => {
  const { registrationKey } = await makeKey('etl-02');
  await expect(register(registrationKey, 'etl-99')).rejects.toMatchObject({
    code: 'REGISTRATION_KEY_REFUSED',
    message: expect.stringContaining('made for "etl-02"'),
  });
  await expect(stateOf('etl-99')).rejects.toMatchObject({ code: 'HOST_NOT_FOUND' });
  await register(registrationKey, 'etl-02');
});

test('of two machines that come with one key at once, one becomes the host', async () => {
  const { registrationKey } = await makeKey('etl-03');
  const tries = await Promise.allSettled([1, 2, 3].map(() => register(registrationKey, 'etl-03')));
  expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
});

test('what is refused before the host is registered does not cost the key', async () => {
  const { registrationKey } = await makeKey('etl-04');
  await expect(register(registrationKey, 'etl-04', { certificateRequest: 'none' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  await expect(register(registrationKey, 'etl-04', { accountPublicKey: 'none' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
  // Hosts depend on another account key: a stolen registration key must not replace it.
  await expect(register(registrationKey, 'etl-04', { accountPublicKey: newAccountKey() })).rejects.toMatchObject({
    code: 'PUBLIC_KEY_CONFLICT',
  });
  expect(await stack.client(registrationKey).call('getRegistration')).toMatchObject({
    accountPublicKey,
    otherHost: { state: 'registered' },
  });
  await register(registrationKey, 'etl-04');
});

test('a registered host is replaced only where the admin said so', async () => {
  const taken = { code: 'HOST_ID_TAKEN' };
  await expect(makeKey('etl-02')).rejects.toMatchObject(taken);
  const early = await makeKey('etl-05');
  await stack.registerHost('etl-05');
  await expect(stack.client(early.registrationKey).call('getRegistration')).rejects.toMatchObject(taken);
  await expect(register(early.registrationKey, 'etl-05')).rejects.toMatchObject(taken);
  const before = await register((await makeKey('etl-06')).registrationKey, 'etl-06');
  const replacing = await makeKey('etl-06', true);
  const after = await register(replacing.registrationKey, 'etl-06');
  expect(after.host.certificateFingerprint).not.toBe(before.host.certificateFingerprint);
  await stack.client(after.agentApiKey ?? '').call('verifyAgentApiKey');
  await expect(stack.client(before.agentApiKey ?? '').call('verifyAgentApiKey')).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
});

test('revoking a host ends its agent API key and the key that would let it in again', async () => {
  const { agentApiKey } = await register((await makeKey('etl-07')).registrationKey, 'etl-07');
  const again = await makeKey('etl-07', true);
  await stack.admin.call('revokeHost', { params: { hostId: HostId.parse('etl-07') } });
  const gone = { code: 'UNAUTHENTICATED' };
  await expect(stack.client(agentApiKey ?? '').call('verifyAgentApiKey')).rejects.toMatchObject(gone);
  await expect(register(again.registrationKey, 'etl-07')).rejects.toMatchObject(gone);
  expect(await stateOf('etl-07')).toBe('revoked');
  await register((await makeKey('etl-07')).registrationKey, 'etl-07');
  expect(await stateOf('etl-07')).toBe('registered');
});

test('a revoked key is refused', async () => {
  const { registrationKey, info } = await makeKey('etl-08');
  await stack.admin.call('deleteRegistrationKey', { params: { registrationKeyId: info.id } });
  await expect(register(registrationKey, 'etl-08')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a host that brings its agent API key is given none', async () => {
  const { registrationKey } = await makeKey('etl-09');
  expect((await register(registrationKey, 'etl-09', { wantsAgentApiKey: false })).agentApiKey).toBeNull();
});

test('the audit log says who let which host in, and who came with a dead key; no key stands in it or in the log', async () => {
  const { registrationKey, info } = await makeKey('etl-10');
  const { agentApiKey } = await register(registrationKey, 'etl-10');
  await register(registrationKey, 'etl-10').catch(() => undefined);
  const { items } = await stack.admin.call('listAuditEntries', { query: { limit: 10 } });
  const told = items.map(({ action, actorName, credential, status, errorCode, details }) => ({
    action,
    actorName,
    credential,
    status,
    errorCode,
    details,
  }));
  expect(told.slice(0, 3)).toMatchObject([
    { action: 'registerHostByKey', actorName: 'etl-10', credential: info.id, errorCode: 'REGISTRATION_KEY_REFUSED' },
    {
      action: 'registerHostByKey',
      actorName: 'etl-10',
      credential: info.id,
      status: 200,
      details: { hostId: 'etl-10' },
    },
    { action: 'createRegistrationKey', details: { hostId: 'etl-10', replaces: 'false', id: info.id } },
  ]);
  const exported = await stack.admin.call('exportAuditLog');
  for (const secret of [registrationKey, agentApiKey ?? '']) {
    expect(secret).not.toBe('');
    expect(String(exported)).not.toContain(secret);
    expect(log).not.toContain(secret);
  }
});

test('the set-up names what hosts connect to, and whether another machine gets there', async () => {
  const setup = await stack.admin.call('getHostSetup');
  expect(setup.addresses).toEqual([
    { setting: 'PUBLIC_URL', value: 'https://bigeye.example.com/', isSet: true, reach: 'network' },
    { setting: 'GATEWAY_ADDRESS', value: stack.gatewayAddress, isSet: false, reach: 'loopback' },
    { setting: 'HOST_API_URL', value: stack.hostApiUrl, isSet: false, reach: 'loopback' },
  ]);
  const { caFingerprint } = setup;
  expect(caFingerprint).toMatch(/^[0-9a-f]{64}$/);
});

test('the CLI is there to download before there is any key', async () => {
  const { cli } = await stack.admin.call('getHostSetup');
  const reply = await fetch(`${stack.apiUrl}${cli?.path}`);
  expect(reply.status).toBe(200);
  expect(reply.headers.get('content-disposition')).toBe('attachment; filename="bigeye-agent"');
  expect(await reply.text()).toBe(readFileSync(cliFile, 'utf8'));
});
