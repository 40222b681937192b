import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@bigeye/service-kit';
import { freePort } from '@bigeye/testkit';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporalTarget } from '../apps/control-plane/src/temporal/connect.ts';
import { startEmbeddedServer } from '../apps/control-plane/src/temporal/embedded-server.ts';
import { findTemporalFault } from '../apps/control-plane/src/temporal/temporal-fault.ts';
import type { TemporalSettings } from '../apps/control-plane/src/temporal/temporal-settings.ts';
import { startWorkflowEngine } from '../apps/control-plane/src/temporal/workflow-engine.ts';
import { connectClient, send } from './support/gateway-client.ts';
import { type RecordingProxy, startRecordingProxy } from './support/recording-proxy.ts';
import { createTestCa, type TestCa } from './support/test-certificates.ts';
import { startTestHost } from './support/test-host.ts';
import { startTestStack, temporalCli } from './support/test-stack.ts';

/** A real server behind a front that speaks TLS, asks for a client certificate and for an API key, as Temporal Cloud does. */

const serverName = 'temporal.test';
const silent = createLogger('temporal', 'silent');
const resources = new AsyncDisposableStack();
const folder = mkdtempSync(join(tmpdir(), 'temporal-tls-'));
resources.defer(() => rmSync(folder, { recursive: true }));
const [certificateFile, keyFile, apiKeyFile] = ['cert.pem', 'key.pem', 'api-key'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
let ca: TestCa;
let plainAddress: string;
let front: RecordingProxy;
let apiKey = 'first-key';
let settings: Record<string, string>;

function proveAs(name: string, by = ca): void {
  const issued = by.issue(name);
  copyFileSync(issued.keyFile, keyFile);
  copyFileSync(issued.certificateFile, certificateFile);
}

beforeAll(async () => {
  ca = resources.use(createTestCa());
  const port = await freePort();
  const options = { cli: temporalCli, dataDir: folder, port, namespace: 'default', log: silent };
  plainAddress = resources.use(await startEmbeddedServer(options)).address;
  const server = ca.issue(serverName);
  const tls = {
    cert: readFileSync(server.certificateFile),
    key: readFileSync(server.keyFile),
    ca: ca.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  };
  front = resources.use(await startRecordingProxy(plainAddress, { tls, apiKey: () => apiKey }));
  proveAs('control-plane');
  writeFileSync(apiKeyFile, `${apiKey}\n`);
  settings = {
    TEMPORAL_ADDRESS: front.address,
    TEMPORAL_TLS_CA_PATH: ca.certificateFile,
    TEMPORAL_TLS_SERVER_NAME: serverName,
    TEMPORAL_TLS_CERT_PATH: certificateFile,
    TEMPORAL_TLS_KEY_PATH: keyFile,
    TEMPORAL_API_KEY_FILE: apiKeyFile,
  };
});
afterAll(() => resources.disposeAsync());

test('a run goes through; each call proves the control plane, and nothing that a host says stands in place of that', async () => {
  await using stack = await startTestStack(settings);
  const host = await stack.registerHost('etl-01');
  const result = { type: 'result', outcome: 'succeeded', exitCode: 0, message: 'done', counts: {} };
  await using _running = await startTestHost(stack, host, {
    good: (container) => {
      container.print(JSON.stringify(result));
      container.exit(0);
    },
  });
  const parameters = { connectors: ['postgres'], connectionName: 'good' };
  const job = await stack.createJob({ hostId: host.id, parameters });
  const { id: runId } = await stack.admin.call('startRun', { params: { jobId: job.id } });
  expect(await stack.finished(runId)).toMatchObject({ status: 'succeeded' });
  const client = connectClient(stack.gatewayAddress, host.identity, host.identity);
  resources.defer(() => client.close());
  const message = proto.temporal.api.workflowservice.v1.DescribeNamespaceRequest.encode({
    namespace: 'default',
  }).finish();
  const path = '/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace';
  expect(await send(client, path, message, { metadata: { authorization: 'Bearer of-a-host' } })).toMatchObject({
    code: 'OK',
  });
  expect(front.calls.map((call) => call.path)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('PollActivityTaskQueue'),
      expect.stringContaining('StartWorkflow'),
    ]),
  );
  expect(new Set(front.calls.map((call) => `${call.client} ${call.authorization}`))).toEqual(
    new Set(['control-plane Bearer first-key']),
  );
});

const withFile = (overrides: Partial<TemporalSettings>): TemporalSettings => ({
  TEMPORAL_NAMESPACE: 'default',
  ...(settings as object),
  ...overrides,
});
const none = undefined;

test.each<[string, () => Partial<TemporalSettings>, string, RegExp]>([
  [
    'another CA',
    () => ({ TEMPORAL_TLS_CA_PATH: otherCa().certificateFile }),
    'TEMPORAL_UNTRUSTED',
    /not to be trusted: /,
  ],
  ['a CA of nobody else', () => ({ TEMPORAL_TLS_CA_PATH: none }), 'TEMPORAL_UNTRUSTED', /not to be trusted: /],
  ['another name', () => ({ TEMPORAL_TLS_SERVER_NAME: none }), 'TEMPORAL_UNTRUSTED', /127\.0\.0\.1/],
  [
    'no client certificate',
    () => ({ TEMPORAL_TLS_CERT_PATH: none, TEMPORAL_TLS_KEY_PATH: none }),
    'TEMPORAL_REFUSED',
    /client certificate: certificate required/,
  ],
  [
    'a client certificate of another CA',
    () => {
      const { certificateFile: cert, keyFile: key } = otherCa().issue('control-plane');
      return { TEMPORAL_TLS_CERT_PATH: cert, TEMPORAL_TLS_KEY_PATH: key };
    },
    'TEMPORAL_REFUSED',
    /client certificate: /,
  ],
  [
    'another API key',
    () => ({ TEMPORAL_API_KEY_FILE: none, TEMPORAL_API_KEY: 'other' }),
    'TEMPORAL_REFUSED',
    /Request unauthorized/,
  ],
  ['no API key', () => ({ TEMPORAL_API_KEY_FILE: none }), 'TEMPORAL_REFUSED', /Request unauthorized/],
  [
    'another namespace',
    () => ({ TEMPORAL_NAMESPACE: 'nobody.knows' }),
    'TEMPORAL_NAMESPACE_UNKNOWN',
    /no namespace "nobody\.knows"/,
  ],
  [
    'TLS to a server without',
    () => ({ TEMPORAL_ADDRESS: plainAddress }),
    'TEMPORAL_TLS_DIFFERS',
    /does not speak TLS, and/,
  ],
  ['no TLS to a server with it', () => withoutTls(), 'TEMPORAL_TLS_DIFFERS', /speaks TLS, and/],
  ['nobody there', () => ({ TEMPORAL_ADDRESS: '127.0.0.1:1' }), 'TEMPORAL_AWAY', /ECONNREFUSED/],
])('%s is told from the others', async (_name, overrides, code, words) => {
  using target = openTemporalTarget(withFile(overrides()), silent, {});
  const fault = await findTemporalFault(target);
  expect(fault?.message).toMatch(words);
  expect(fault?.code).toBe(code);
});

function withoutTls(): Partial<TemporalSettings> {
  const names = Object.keys(settings).filter((name) => name.startsWith('TEMPORAL_TLS'));
  return { ...Object.fromEntries(names.map((name) => [name, none])), TEMPORAL_TLS: false };
}

function otherCa(): TestCa {
  return resources.use(createTestCa('another CA'));
}

test('a new key and a new certificate in the files are taken up without a restart', async () => {
  using target = openTemporalTarget(withFile({}), silent, { readAgainEveryMs: 20 });
  const activities = { recordRunStatus: async () => undefined, findReportedEnd: async () => null };
  await using engine = await startWorkflowEngine({ target, activities, dataConverter: {}, log: silent });
  await expect.poll(() => engine.readiness(), { timeout: 60_000 }).toBe(true);
  apiKey = 'second-key';
  writeFileSync(apiKeyFile, apiKey);
  await expect.poll(() => engine.readiness()).toBe(true);
  proveAs('control-plane-2');
  const pollsSince = (client: string) =>
    front.calls.filter((call) => call.client === client && /Describe/.test(call.path));
  const asksAs = async (client: string) => (await engine.readiness()) === true && pollsSince(client).length > 0;
  await expect.poll(() => asksAs('control-plane-2')).toBe(true);
});

test('a certificate whose key is not there yet is not used, and the old pair stays until both are', async () => {
  let log = '';
  using target = openTemporalTarget(
    withFile({}),
    createLogger('temporal', 'warn', { write: (line) => (log += line) }),
    {
      readAgainEveryMs: 5,
    },
  );
  const before = target.proof();
  const next = ca.issue('control-plane-3');
  copyFileSync(next.certificateFile, certificateFile);
  await expect.poll(() => log).toContain('cannot be read again');
  expect(target.proof()).toBe(before);
  copyFileSync(next.keyFile, keyFile);
  await expect
    .poll(() => target.proof().tls?.client?.certificate.equals(readFileSync(next.certificateFile)))
    .toBe(true);
});

test('a certificate that OpenSSL takes and the SDK does not is told as one that is not to be trusted', async () => {
  const { certificateFile: cert, keyFile: key } = ca.issue(serverName, []);
  const tls = { cert: readFileSync(cert), key: readFileSync(key) };
  await using strange = await startRecordingProxy(plainAddress, { tls });
  using target = openTemporalTarget(withFile({ TEMPORAL_ADDRESS: strange.address }), silent, {});
  expect(await findTemporalFault(target)).toBeUndefined();
  const activities = { recordRunStatus: async () => undefined, findReportedEnd: async () => null };
  await using engine = await startWorkflowEngine({ target, activities, dataConverter: {}, log: silent });
  const found = { code: 'TEMPORAL_UNTRUSTED', message: expect.stringContaining('CaUsedAsEndEntity') };
  await expect.poll(() => engine.readiness()).toMatchObject(found);
});

test('what is wrong stands in readyz and in the log with its remedy, and is over when the server is mended', async () => {
  let log = '';
  const namespace = 'made.later';
  const all = { ...settings, TEMPORAL_NAMESPACE: namespace, LOG_LEVEL: 'warn' };
  await using stack = await startTestStack(all, { write: (line) => (log += line) });
  const readiness = async () => await (await fetch(`${stack.apiUrl}/readyz`)).json();
  const problem = { code: 'TEMPORAL_NAMESPACE_UNKNOWN', remedy: expect.stringContaining(`--namespace ${namespace}`) };
  await expect.poll(readiness).toMatchObject({ status: 'not ready', temporal: false, problems: [problem] });
  expect(JSON.stringify(await readiness())).not.toContain(front.address);
  await expect.poll(() => log).toContain('Temporal cannot be used');
  expect(log).toContain('TEMPORAL_NAMESPACE_UNKNOWN');
  const create = ['operator', 'namespace', 'create', '--address', plainAddress, '--namespace', namespace];
  execFileSync(temporalCli, create, { stdio: 'ignore' });
  await expect.poll(readiness, { timeout: 60_000 }).toEqual({ status: 'ready', database: true, temporal: true });
});
