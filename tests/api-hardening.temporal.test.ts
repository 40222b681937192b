import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiRoutes } from '@bigeye/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestStack } from './support/test-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'hardening-'));
let stack: TestStack;
let log = '';

beforeAll(async () => {
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
  ])('%s', async (_what, path, status) => {
    const reply = await fetch(url(path), { headers: status === 401 ? {} : key() });
    expect(reply.status).toBe(status);
    expect(Object.fromEntries(reply.headers)).toMatchObject(everywhere);
    const policy = reply.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src '(none|self)'/);
    expect(policy.replace(/style-src[^;]*/, '')).not.toMatch(/unsafe-inline|unsafe-eval/);
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

  test('what is no request at all', async () => {
    const answer = await raw('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain("content-security-policy: default-src 'none'");
    expect(answer).toContain('"errorCode":"INVALID_INPUT"');
  });
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
  expect(reply.headers.get('set-cookie')).toMatch(/; Secure$/);
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

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(stack.apiUrl).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => (answer += data));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
