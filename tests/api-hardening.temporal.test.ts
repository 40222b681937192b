import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { apiRoutes, controlPlaneServerName } from '@bigeye/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from './support/test-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'hardening-'));
let stack: TestStack;
let log = '';

beforeAll(async () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'assets/a.js'), '0');
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>UI</title><meta nonce="CSP_NONCE">');
  const settings = { WEB_ROOT: folder, LOG_LEVEL: 'trace', TRUSTED_PROXIES: '127.0.0.1' };
  stack = await startTestStack(settings, { write: (line) => (log += line) });
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const url = (path: string) => `${stack.apiUrl}${path}`;
const key = () => ({ authorization: `apikey ${stack.adminKey}` });

const everywhere = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

describe('every answer has the security headers', () => {
  test.each([
    ['an answer of the API', '/api/v1/agent-orchestrator/hosts', 200],
    ['a refusal', '/api/v1/session', 401],
    ['an unknown address of the API', '/api/v1/nothing', 404],
    ['a page of the UI', '/runs', 200],
    ['a file that is not there', '/assets/none.js', 404],
    ['health', '/healthz', 200],
    ['OpenAPI', '/openapi.json', 200],
    ['the documentation', '/docs', 200],
    ['its style', '/docs/style.css', 200],
  ])('%s', async (_what, path, status) => {
    const reply = await fetch(url(path), { headers: status === 401 ? {} : key() });
    expect(reply.status).toBe(status);
    expect(Object.fromEntries(reply.headers)).toMatchObject(everywhere);
    const policy = reply.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src '(none|self)'/);
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval/);
    expect(reply.headers.has('strict-transport-security')).toBe(false);
  });

  test('a stream of events', async () => {
    const { id: hostId } = await stack.registerHost('stream');
    const { id: jobId } = await stack.createJob({ hostId });
    const run = await stack.admin.call('startRun', { params: { jobId } });
    const abort = new AbortController();
    const path = apiRoutes.streamRunEvents.path.replace(':runId', run.id);
    const reply = await fetch(url(path), { headers: key(), signal: abort.signal });
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'x-content-type-options': 'nosniff',
    });
    abort.abort();
    await stack.admin.call('cancelRun', { params: { runId: run.id } });
  });

  const reading = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`;
  const post = (head: string, body = '') =>
    `POST /api/v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${head}\r\n\r\n${body}`;
  test.each<[string, number, string]>([
    ['what is no request at all', 400, 'NONSENSE\r\n\r\n'],
    ['a lone % in the path', 400, reading('/%')],
    ['a lone % in a path of the API', 400, reading('/api/v1/users/%')],
    ['a lone % in the path of a file', 400, reading('/assets/%zz.js')],
    ['a broken character in the path', 400, reading('/%c0%af')],
    ['a broken value in the query', 401, reading('/api/v1/audit?from=%')],
    ['a way out of the folder of files', 404, reading('/assets/%2e%2e/%2e%2e/etc/passwd')],
    ['a folder of files', 404, reading('/assets/')],
    ['a hidden file', 404, reading('/assets/.env')],
    ['a part of a page', 200, reading('/', 'Range: bytes=9999-\r\n')],
    ['a part of a file that is beyond its end', 416, reading('/assets/a.js', 'Range: bytes=9999-\r\n')],
    ['a request without a host', 400, 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['an expectation', 417, reading('/healthz', 'Expect: more\r\n')],
    ['a method of the API that is not there', 404, reading('/api/v1/session').replace('GET', 'PATCH')],
    ['a method of the web', 404, reading('/').replace('GET', 'TRACE')],
    ['a method of WebDAV', 404, reading('/').replace('GET', 'PROPFIND')],
    ['a question before another request', 404, reading('/api/v1/session').replace('GET', 'OPTIONS')],
    ['an upgrade', 200, reading('/healthz', 'Upgrade: h2c\r\nConnection: upgrade, close\r\n')],
    ['a body that is too large', 413, post(`Content-Type: application/json\r\nContent-Length: ${1e12}`)],
    ['a body of no known type', 415, post('Content-Type: a/b\r\nContent-Length: 1', 'x')],
    ['a body of two lengths', 400, post('Content-Length: 1\r\nContent-Length: 2', 'xx')],
    ['chunks that are none', 400, post('Content-Type: application/json\r\nTransfer-Encoding: chunked', 'zz\r\n')],
    ['a header that is too large', 431, reading('/healthz', `X-Large: ${'a'.repeat(17_000)}\r\n`)],
    ['an address that is too long', 431, reading(`/${'a'.repeat(17_000)}`)],
  ])('%s', async (_what, status, text) => {
    const answer = await raw(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const head = answer.split('\r\n\r\n')[0]?.toLowerCase() ?? '';
    for (const [name, value] of Object.entries(everywhere)) expect(head).toContain(`${name}: ${value.toLowerCase()}`);
    expect(head).toMatch(/content-security-policy: default-src 'none'/);
    if (status >= 400 && !text.startsWith('GET /assets/a.js')) expect(answer).toMatch(/"errorCode":"\w+"/);
  });
});

test.each([
  ['a lone % in the path', 400, 'GET /% HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ['an unknown address', 404, 'GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ['an expectation', 417, 'GET /x HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n'],
  ['a request without a host', 400, 'GET /x HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['what is no request', 400, 'NONSENSE\r\n\r\n'],
])('the host API answers %s with the security headers', async (what, status, text) => {
  const { identity } = await stack.registerHost(`raw-${what.replace(/\W+/g, '-')}`);
  const answer = await new Promise<string>((resolve, reject) => {
    const { port } = new URL(stack.hostApiUrl);
    const tls = { key: identity.privateKey, cert: identity.certificate, ca: identity.caCertificate };
    const options = { ...tls, port: Number(port), host: '127.0.0.1', servername: controlPlaneServerName };
    const socket = connectTls(options, () => socket.write(text));
    let all = '';
    socket.on('data', (data) => (all += data));
    socket.on('close', () => resolve(all));
    socket.on('error', reject);
  });
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toContain("content-security-policy: default-src 'none'");
  expect(answer).toContain('x-content-type-options: nosniff');
  expect(answer).toMatch(/"errorCode":"\w+"/);
});

test('a page gets a nonce of its own each time, and allows no inline script', async () => {
  const [one, two] = await Promise.all([fetch(url('/runs')), fetch(url('/runs'))]);
  const nonceOf = async (reply: Response) => /nonce="([^"]+)"/.exec(await reply.text())?.[1] ?? '';
  const policy = one.headers.get('content-security-policy') ?? '';
  const nonce = await nonceOf(one);
  expect(nonce).toHaveLength(24);
  expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain('unsafe');
  expect(one.headers.get('cache-control')).toBe('no-store');
  expect(await nonceOf(two)).not.toBe(nonce);
});

test('answers of the API are kept by no cache', async () => {
  const reply = await fetch(url('/api/v1/session'), { headers: key() });
  expect(reply.headers.get('cache-control')).toBe('no-store');
});

test('headers of more than 16 KiB are refused', async () => {
  const answer = await raw(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: ${'a'.repeat(17_000)}\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1.1 431 /);
  expect(answer).toContain('larger than 16 KiB');
});

test('a trusted proxy says who the client is and that it came by TLS', async () => {
  const forwarded = {
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'ao.example',
  };
  const reply = await fetch(url('/api/v1/session'), {
    method: 'POST',
    headers: { ...forwarded, 'content-type': 'application/json' },
    body: JSON.stringify({ apiKey: stack.adminKey }),
  });
  expect(reply.headers.get('set-cookie')).toMatch(/^__Host-bigeye_session=[^;]+; Path=\/; HttpOnly; .*; Secure$/);
  expect(reply.headers.get('set-cookie')).not.toMatch(/domain/i);
  expect(reply.headers.get('strict-transport-security')).toBe('max-age=31536000');
  const { items } = await stack.admin.call('listAuditEntries', { query: { action: 'signIn' } });
  expect(items[0]).toMatchObject({ address: '203.0.113.7' });
});

test('with TLS every answer asks the browser to stay with it, and nobody else is believed about the client', async () => {
  const [certificate, privateKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  execFileSync('openssl', [...request, '-subj', '/CN=127.0.0.1', '-keyout', privateKey, '-out', certificate], {
    stdio: 'ignore',
  });
  await using tls = await startTestStack({ TLS_CERT_PATH: certificate, TLS_KEY_PATH: privateKey });
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const options = { rejectUnauthorized: false, headers: { 'x-forwarded-proto': 'http' } };
    get(`${tls.apiUrl.replace('http:', 'https:')}/healthz`, options, (reply) => {
      reply.resume();
      resolve(reply.headers);
    }).on('error', reject);
  });
  expect(headers['strict-transport-security']).toBe('max-age=31536000');
});

describe('a secret in the wrong place', () => {
  const secret = 'bigeye_pak_thisisasecretthatnobodymayread0123456789abcdef';
  const json = { 'content-type': 'application/json' };
  const wrongPlaces: [string, () => Promise<Response>][] = [
    ['the path', () => fetch(url(`/api/v1/personal-api-keys/${secret}`), { method: 'DELETE', headers: key() })],
    ['an unknown path', () => fetch(url(`/api/v1/${secret}/x`))],
    ['the query', () => fetch(url(`/api/v1/session?apiKey=${secret}`))],
    ['a query that is checked', () => fetch(url(`/api/v1/audit?from=${secret}`), { headers: key() })],
    ['broken JSON', () => fetch(url('/api/v1/session'), { method: 'POST', headers: json, body: `{"a": ${secret}` })],
    [
      'a field of the wrong type',
      () =>
        fetch(url('/api/v1/users'), { method: 'POST', headers: { ...json, ...key() }, body: `{"role":"${secret}"}` }),
    ],
    [
      'an unknown field',
      () => fetch(url('/api/v1/users'), { method: 'POST', headers: { ...json, ...key() }, body: `{"${secret}":1}` }),
    ],
    [
      'a content type',
      () => fetch(url('/api/v1/session'), { method: 'POST', headers: { 'content-type': secret }, body: 'x' }),
    ],
    ['the wrong scheme', () => fetch(url('/api/v1/session'), { headers: { authorization: `Bearer ${secret}` } })],
    [
      'a key that is not valid',
      () => fetch(url('/api/v1/session'), { headers: { authorization: `apikey ${secret}` } }),
    ],
    ['another cookie', () => fetch(url('/api/v1/session'), { headers: { cookie: `bigeye_session=${secret}` } })],
    [
      'a sign-in by e-mail',
      () =>
        fetch(url('/api/v1/session'), {
          method: 'POST',
          headers: json,
          body: JSON.stringify({ email: secret, password: secret }),
        }),
    ],
    [
      'a fault of the database',
      () =>
        fetch(url('/api/v1/agent-api-keys'), {
          method: 'POST',
          headers: { ...json, ...key() },
          body: JSON.stringify({ name: `a\u0000${secret}` }),
        }),
    ],
  ];

  test.each(wrongPlaces)('%s is neither in the answer nor in the log', async (_place, send) => {
    const before = log.length;
    const reply = await send();
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.status).toBeLessThan(500);
    const body = await reply.text();
    expect(JSON.parse(body)).toMatchObject({ errorCode: expect.any(String), remedy: expect.any(String) });
    expect(body).not.toContain(secret);
    expect(log.length).toBeGreaterThan(before);
    expect(log).not.toContain(secret);
  });

  test('no key, token or password of this test is in the log', () => {
    for (const one of [stack.adminKey, stack.adminPasswordToken]) expect(log).not.toContain(one);
  });
});

test('with a public address of https its cookie is for that address alone, behind whatever ends TLS', async () => {
  await using proxied = await startTestStack({ PUBLIC_URL: 'https://ao.example' });
  const signIn = (host: string) =>
    new Promise<string>((resolve, reject) => {
      const headers = { host, 'content-type': 'application/json' };
      const options = { port: new URL(proxied.apiUrl).port, path: '/api/v1/session', method: 'POST', headers };
      const sent = request(options, (reply) => {
        reply.resume();
        resolve(reply.headers['set-cookie']?.[0] ?? '');
      }).on('error', reject);
      sent.end(JSON.stringify({ apiKey: proxied.adminKey }));
    });
  const cookie = await signIn('ao.example');
  expect(cookie).toMatch(/^__Host-bigeye_session=[^;]+; Path=\/; .*; Secure$/);
  expect(await signIn('127.0.0.1')).toMatch(/^bigeye_session=/);
  const token = /=([^;]+)/.exec(cookie)?.[1];
  const statusOf = (name: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = { host: 'ao.example', cookie: `${name}=${token}` };
      request({ port: new URL(proxied.apiUrl).port, path: '/api/v1/session', headers }, (reply) => {
        reply.resume();
        resolve(reply.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  expect(await statusOf('__Host-bigeye_session')).toBe(200);
  // Another host of the same domain could have set this one.
  expect(await statusOf('bigeye_session')).toBe(401);
});

describe('a stream of events ends within two seconds once', () => {
  const open = async (headers: Record<string, string>) => {
    const { id: hostId } = await stack.registerHost(`events-${Math.random().toString(36).slice(2)}`);
    const { id: jobId } = await stack.createJob({ hostId });
    const run = await stack.admin.call('startRun', { params: { jobId } });
    const path = apiRoutes.streamRunEvents.path.replace(':runId', run.id);
    const reply = await fetch(url(path), { headers });
    expect(reply.status).toBe(200);
    return {
      endedWithinMs: async () => {
        const started = performance.now();
        await Promise.race([reply.text(), new Promise((_, reject) => setTimeout(reject, 5_000, new Error('goes on')))]);
        return performance.now() - started;
      },
      cancel: () => stack.admin.call('cancelRun', { params: { runId: run.id } }),
    };
  };
  const newUser = async (name: string) => {
    const email = `${name}-${Math.random().toString(36).slice(2)}@example.com`;
    const user = await stack.admin.call('createUser', { body: { email, name, role: 'viewer' } });
    const made = await stack.admin.call('createPersonalApiKey', { body: { name: 'events', userId: user.id } });
    return { user, made, headers: { authorization: `apikey ${made.apiKey}` } };
  };
  const signedIn = async (apiKey: string) => {
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(url('/api/v1/session'), { method: 'POST', headers, body: JSON.stringify({ apiKey }) });
    return { cookie: (reply.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
  };

  test('its session was signed out', async () => {
    const { made } = await newUser('session');
    const session = await signedIn(made.apiKey);
    const stream = await open(session);
    await fetch(url('/api/v1/session'), { method: 'DELETE', headers: session });
    expect(await stream.endedWithinMs()).toBeLessThan(2_000);
    await stream.cancel();
  });

  test('its session was ended from another one', async () => {
    const { made, headers } = await newUser('other');
    const session = await signedIn(made.apiKey);
    const stream = await open(session);
    const client = stack.client(made.apiKey);
    const { items } = await client.call('listSessions');
    for (const { id } of items) await client.call('deleteSession', { params: { sessionId: id } });
    expect(await stream.endedWithinMs()).toBeLessThan(2_000);
    expect((await fetch(url('/api/v1/session'), { headers })).status).toBe(200);
    await stream.cancel();
  });

  test('its key was deleted', async () => {
    const { made, headers } = await newUser('key');
    const stream = await open(headers);
    await stack.admin.call('deletePersonalApiKey', { params: { apiKeyId: made.info.id } });
    expect(await stream.endedWithinMs()).toBeLessThan(2_000);
    await stream.cancel();
  });

  test('its user was disabled', async () => {
    const { user, headers } = await newUser('disabled');
    const stream = await open(headers);
    const body = { name: user.name, role: user.role, disabled: true };
    await stack.admin.call('updateUser', { params: { userId: user.id }, body });
    expect(await stream.endedWithinMs()).toBeLessThan(2_000);
    await stream.cancel();
  });
});

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(stack.apiUrl).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => (answer += data));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
