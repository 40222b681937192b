import {
  type ApiClient,
  apiRoutes,
  createApiClient,
  HostId,
  isAppError,
  type Role,
  type Route,
  type RouteName,
} from '@bigeye/contracts';
import { createHttpTransport } from '@bigeye/service-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from './support/test-stack.ts';

let stack: TestStack;
let clients: Record<Role | 'nobody' | 'wrong key' | 'agent key' | 'registration key', ApiClient>;

beforeAll(async () => {
  stack = await startTestStack();
  const { apiKey } = await stack.admin.call('createAgentApiKey', { body: { name: 'test' } });
  const { registrationKey } = await stack.admin.call('createRegistrationKey', {
    body: { hostId: HostId.parse('to-come') },
  });
  clients = {
    viewer: (await stack.createUser('viewer')).client,
    member: (await stack.createUser('member')).client,
    admin: stack.admin,
    'agent key': stack.client(apiKey),
    'registration key': stack.client(registrationKey),
    nobody: createApiClient({ baseUrl: stack.apiUrl, transport: createHttpTransport() }),
    'wrong key': stack.client('bigeye_pak_wrong'),
  };
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const ids = {
  hostId: 'none',
  jobId: `job_${'0'.repeat(20)}`,
  runId: `run_${'0'.repeat(20)}`,
  name: 'x',
  nodeId: 1,
  repositoryId: 1,
  digest: '0'.repeat(64),
  userId: `usr_${'0'.repeat(20)}`,
  sessionId: `ses_${'0'.repeat(20)}`,
  apiKeyId: `key_${'0'.repeat(20)}`,
  registrationKeyId: `rgk_${'0'.repeat(20)}`,
};
/** Before anybody is known there is nothing but these. */
const publicRoutes = [
  'getCaCertificate',
  ...['signIn', 'signOut', 'setPassword'],
  ...['getSignInMethods', 'startSingleSignOn', 'finishSingleSignOn'],
];

/** Whether access let the caller in: what the handler then says of the (empty) input is another matter. */
async function letsIn(name: RouteName, client: ApiClient): Promise<boolean> {
  const call = client.call as (name: RouteName, input: object) => Promise<unknown>;
  try {
    const { body } = apiRoutes[name as keyof typeof apiRoutes] as Route;
    await call(name, { params: ids, ...(body ? { body: {} } : {}) });
    return true;
  } catch (error) {
    if (isAppError(error, 'UNAUTHENTICATED') || isAppError(error, 'FORBIDDEN')) return false;
    // A 404 of a run, a 400 for the empty body: the caller got in.
    if (isAppError(error) && !error.code.startsWith('CONTROL_PLANE_')) return true;
    throw error;
  }
}

const rank: Record<Role, number> = { viewer: 0, member: 1, admin: 2 };

describe.each((Object.entries(apiRoutes) as [RouteName, Route][]).filter(([name]) => !publicRoutes.includes(name)))(
  '%s',
  (name, route) => {
    const { access } = route;
    test('lets in whom the table names, and nobody else', async () => {
      const allowed = {
        nobody: false,
        'wrong key': false,
        'agent key': false,
        'registration key': false,
        viewer: false,
        member: false,
        admin: false,
      };
      if (access.kind === 'registrationKey') allowed['registration key'] = true;
      if (access.kind === 'agentKey') allowed['agent key'] = true;
      if (access.kind === 'role') {
        allowed['agent key'] = access.agentKey === true;
        for (const role of ['viewer', 'member', 'admin'] as const) allowed[role] = rank[role] >= rank[access.role];
      }
      const got: Record<string, boolean> = {};
      for (const who of Object.keys(allowed) as (keyof typeof allowed)[]) got[who] = await letsIn(name, clients[who]);
      expect(got).toEqual(allowed);
    });
  },
);

test('signing in takes a personal key only, and gives a cookie that scripts cannot read', async () => {
  const signIn = (apiKey: string) =>
    fetch(`${stack.apiUrl}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiKey }),
    });
  const reply = await signIn(stack.adminKey);
  expect(reply.status).toBe(200);
  const cookie = reply.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
  const { apiKey } = await stack.admin.call('createAgentApiKey', { body: { name: 'not for people' } });
  expect((await signIn(apiKey)).status).toBe(401);

  const session = cookie.split(';')[0] ?? '';
  const hosts = `${stack.apiUrl}/api/v1/agent-orchestrator/hosts`;
  expect((await fetch(hosts, { headers: { cookie: session } })).status).toBe(200);
  const foreign = { cookie: session, origin: 'https://evil.example', 'content-type': 'application/json' };
  const write = await fetch(`${stack.apiUrl}/api/v1/agent-api-keys`, {
    method: 'POST',
    headers: foreign,
    body: '{"name":"x"}',
  });
  expect(write.status).toBe(401);
  await fetch(`${stack.apiUrl}/api/v1/session`, { method: 'DELETE', headers: { cookie: session } });
  expect((await fetch(hosts, { headers: { cookie: session } })).status).toBe(401);
});

test('the documented verify calls answer 204 and 401', async () => {
  const verify = async (path: string, key: string) =>
    (await fetch(stack.apiUrl + path, { headers: { authorization: `apikey ${key}` } })).status;
  const { apiKey } = await stack.admin.call('createAgentApiKey', { body: { name: 'verify' } });
  expect(await verify('/api/v1/personal-api-keys/verify', stack.adminKey)).toBe(204);
  expect(await verify('/api/v1/agent-api-keys/verify', apiKey)).toBe(204);
  expect(await verify('/api/v1/agent-api-keys/verify', stack.adminKey)).toBe(401);
  expect(await verify('/api/v1/personal-api-keys/verify', 'bigeye_pak_x')).toBe(401);
});

test("a host's certificate opens only its own runs", async () => {
  const own = await stack.registerHost('access-a');
  const other = await stack.registerHost('access-b');
  const { id: jobId } = await stack.createJob({ hostId: own.id, settings: { startTimeoutSeconds: 5 } });
  const { id: runId } = await stack.admin.call('startRun', { params: { jobId } });
  const body = { lines: [{ at: '2026-01-01T00:00:00.000000000Z', stream: 'stdout' as const, text: 'mine' }] };
  await expect(other.api.call('putLogChunk', { params: { runId, sequence: 1 }, body })).rejects.toMatchObject({
    code: 'RUN_NOT_FOUND',
  });
  expect(await own.api.call('putLogChunk', { params: { runId, sequence: 1 }, body })).toMatchObject({ lines: 1 });
  await expect(own.api.call('pushManagedAgents', { body: { hostId: HostId.parse('access-b') } })).rejects.toMatchObject(
    { code: 'CERTIFICATE_REFUSED' },
  );
  await own.api.call('pushManagedAgents', { body: { hostId: own.id, managedAgents: [] } });
  expect((await stack.admin.call('getHost', { params: { hostId: own.id } })).managedAgents).toEqual([]);
});

test('what is wrong with the input is named field by field', async () => {
  const reply = await fetch(`${stack.apiUrl}/api/v1/agent-orchestrator/jobs`, {
    method: 'POST',
    headers: { authorization: `apikey ${stack.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: '', hostId: 'a b', agentType: 'NOPE', parameters: {} }),
  });
  expect(reply.status).toBe(400);
  const body = (await reply.json()) as {
    code: number;
    errorCode: string;
    remedy: string;
    details: { issues: { path: string }[] };
  };
  expect(body).toMatchObject({ code: 400, errorCode: 'INVALID_INPUT', remedy: expect.any(String) });
  expect(body.details.issues.map((issue) => issue.path).sort()).toEqual(['agentType', 'hostId', 'name']);
});

test('OpenAPI names every route, and the documentation page is there', async () => {
  const document = (await (await fetch(`${stack.apiUrl}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path).map((o) => o.operationId));
  expect(operations.sort()).toEqual(Object.keys(apiRoutes).sort());
  expect((await fetch(`${stack.apiUrl}/docs`)).status).toBe(200);
});
