import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Payload } from '@temporalio/common';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPayloadCodec, type PayloadKeys, PayloadUnreadable } from './payload-codec.ts';
import type { Sealer } from './payload-envelope.ts';

/** Certificates by OpenSSL, not by the library that the product uses. */
function createCa() {
  const folder = mkdtempSync(join(tmpdir(), 'payload-ca-'));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=CA');
  const sealer = (uri: string): Sealer => {
    writeFileSync(at('san'), `subjectAltName=URI:${uri}`);
    openssl('req', ...newKey, '-keyout', at('key'), '-out', at('csr'), '-subj', '/CN=x');
    const issue = ['x509', '-req', '-in', at('csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-days', '1'];
    openssl(...issue, '-CAcreateserial', '-extfile', at('san'), '-out', at('crt'));
    const certificate = new X509Certificate(readFileSync(at('crt'))).raw;
    return { privateKey: createPrivateKey(readFileSync(at('key'))), certificate };
  };
  return { certificate: readFileSync(at('ca.pem'), 'utf8'), sealer };
}

const ca = createCa();
const account = generateKeyPairSync('rsa', { modulusLength: 2048 });
const bigeye = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const controlPlane = ca.sealer('urn:bigeye:control-plane');
const etl01 = ca.sealer('urn:bigeye:host:etl-01');
const publicOf = (...keys: { publicKey: KeyObject }[]) => keys.map(({ publicKey }) => publicKey);

const codecOf = (sealer: Sealer, keys: Partial<PayloadKeys>) =>
  createPayloadCodec({
    caCertificate: ca.certificate,
    sealer: () => sealer,
    recipients: async () => publicOf(account, bigeye),
    privateKeys: async () => [],
    acceptsSender: (uri) => uri.startsWith('urn:bigeye:'),
    makesKeys: (uri) => uri === 'urn:bigeye:control-plane',
    ...keys,
  });
const onHost = codecOf(etl01, {
  privateKeys: async () => [account.privateKey],
  acceptsSender: (uri) => uri === 'urn:bigeye:control-plane',
});
const inControlPlane = codecOf(controlPlane, { privateKeys: async () => [bigeye.privateKey] });

const forRun = (workflowId: string) => ({ type: 'workflow', namespace: 'default', workflowId }) as const;
const text = (value: string) => ({ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(value) });
const plain = (payload: Payload | undefined) => Buffer.from(payload?.data ?? []).toString();
const sealed = async (codec: typeof onHost, value: string, run = 'run_1'): Promise<Payload> => {
  const [payload] = await codec.encode([text(value)], forRun(run));
  if (!payload) throw new Error('nothing came back');
  return payload;
};

test('what one side seals the other opens, with its metadata, and nothing of it is readable in between', async () => {
  const payload = await sealed(inControlPlane, 'a parameter');
  expect(JSON.stringify(payload.metadata) + plain(payload)).not.toContain('parameter');
  const [opened] = await onHost.decode([payload], forRun('run_1'));
  expect(plain(opened)).toBe('a parameter');
  expect(Buffer.from(opened?.metadata?.encoding ?? []).toString()).toBe('json/plain');
  const back = await sealed(onHost, 'an outcome');
  expect(plain((await inControlPlane.decode([back], forRun('run_1')))[0])).toBe('an outcome');
});

test('any payload survives, empty ones and ones without metadata too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string(), fc.uint8Array({ maxLength: 64 }), { noNullPrototype: true }),
      fc.uint8Array({ maxLength: 5000 }),
      async (metadata, data) => {
        const [payload] = await inControlPlane.encode([{ metadata, data }], forRun('run_1'));
        const [opened] = await onHost.decode([payload as Payload], forRun('run_1'));
        expect(Buffer.from(opened?.data ?? [])).toEqual(Buffer.from(data));
        for (const [name, value] of Object.entries(metadata))
          expect(Buffer.from(opened?.metadata?.[name] ?? [])).toEqual(Buffer.from(value));
      },
    ),
    { numRuns: 60 },
  );
});

test('one changed byte anywhere, and it is refused', async () => {
  const payload = await sealed(inControlPlane, 'run the nightly job');
  const parts = ['envelope', 'certificate', 'signature', 'data'] as const;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...parts), fc.nat(), fc.integer({ min: 1, max: 255 }), async (part, at, flip) => {
      const original = part === 'data' ? payload.data : payload.metadata?.[part];
      const bytes = Uint8Array.from(original ?? []);
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ flip;
      const changed =
        part === 'data'
          ? { ...payload, data: bytes }
          : { ...payload, metadata: { ...payload.metadata, [part]: bytes } };
      await expect(onHost.decode([changed], forRun('run_1'))).rejects.toThrow(PayloadUnreadable);
    }),
    { numRuns: 150 },
  );
});

const refused: [string, () => Promise<Payload>, RegExp][] = [
  ['that was not sealed', async () => text('{}'), /not sealed/],
  ['without a signature', async () => withoutSignature(await sealed(inControlPlane, 'x')), /part of it is missing/],
  ['of another run', () => sealed(inControlPlane, 'x', 'run_2'), /sealed for run_2/],
  ['of no run', async () => (await inControlPlane.encode([text('x')]))[0] as Payload, /sealed for no run/],
  ['of another host', () => sealed(codecOf(ca.sealer('urn:bigeye:host:etl-02'), {}), 'x'), /comes from/],
  [
    'by a certificate of another CA',
    () => sealed(codecOf(createCa().sealer('urn:bigeye:control-plane'), {}), 'x'),
    /no certificate of ours/,
  ],
  [
    'by a key that is not the certificate’s',
    () => sealed(codecOf({ ...controlPlane, privateKey: etl01.privateKey }, {}), 'x'),
    /changed after/,
  ],
  [
    'for another account',
    () => sealed(codecOf(controlPlane, { recipients: async () => publicOf(other, bigeye) }), 'x'),
    /none of these keys is here/,
  ],
];

test.each(refused)('a host refuses a message %s', async (_, make, reason) => {
  const payload = await make();
  const decoding = onHost.decode([payload], forRun('run_1'));
  await expect(decoding).rejects.toThrow(reason);
  await expect(decoding).rejects.toMatchObject({ name: 'PayloadUnreadable' });
});

function withoutSignature({ metadata, data }: Payload): Payload {
  const { signature: _, ...rest } = metadata ?? {};
  return { metadata: rest, data: data ?? null };
}

test('the one message that Temporal itself writes is taken as it is', async () => {
  const said = text('"ACTIVITY_ID_NOT_STARTED"');
  expect(await inControlPlane.decode([said], forRun('run_1'))).toEqual([said]);
});

test('while a key is rotated both the old and the new one open what is sealed, afterwards only the new one', async () => {
  const sealingFor = (...keys: { publicKey: KeyObject }[]) =>
    codecOf(controlPlane, { recipients: async () => publicOf(bigeye, ...keys) });
  const host = (...keys: { privateKey: KeyObject }[]) =>
    codecOf(etl01, { privateKeys: async () => keys.map(({ privateKey }) => privateKey) });
  const opens = async (codec: typeof onHost, payload: Payload) =>
    await codec.decode([payload], forRun('run_1')).then(
      ([opened]) => plain(opened),
      (error: Error) => error.name,
    );
  const during = await sealed(sealingFor(other, account), 'during');
  expect([await opens(host(account), during), await opens(host(other), during)]).toEqual(['during', 'during']);
  const after = await sealed(sealingFor(other), 'after');
  expect(await opens(host(account), after)).toBe('PayloadUnreadable');
  expect(await opens(host(other, account), after)).toBe('after');
});

test('a host answers with the key of the run, which costs the control plane no RSA, and not with a key that a host made', async () => {
  const privateKeys = async (): Promise<KeyObject[]> => {
    throw new Error('a private key was asked for');
  };
  const asking = codecOf(controlPlane, { privateKeys });
  const answering = codecOf(etl01, { privateKeys: async () => [account.privateKey] });
  await answering.decode([await sealed(asking, 'order', 'run_7')], forRun('run_7'));
  const answer = await sealed(answering, 'answer', 'run_7');
  expect(plain((await asking.decode([answer], forRun('run_7')))[0])).toBe('answer');

  const restarted = codecOf(controlPlane, { privateKeys: async () => [bigeye.privateKey] });
  const ofHost = await sealed(codecOf(etl01, {}), 'answer', 'run_8');
  await restarted.decode([ofHost], forRun('run_8'));
  expect((await sealed(restarted, 'order', 'run_8')).metadata?.envelope).not.toEqual(ofHost.metadata?.envelope);
});

test('what is remembered of a run keeps nothing else in memory, whoever made its key', async () => {
  const answering = codecOf(etl01, { privateKeys: async () => [account.privateKey] });
  const order = await sealed(codecOf(controlPlane, {}), 'order', 'run_9');
  const piece = Buffer.concat([Buffer.alloc(9000), order.metadata?.envelope ?? Buffer.alloc(0)]).subarray(9000);
  await answering.decode([{ ...order, metadata: { ...order.metadata, envelope: piece } }], forRun('run_9'));
  for (const { metadata } of [order, await sealed(answering, 'answer', 'run_9')])
    expect(metadata?.envelope?.buffer.byteLength).toBe(metadata?.envelope?.byteLength);
});

test('the same run keeps its key, another run gets another', async () => {
  const envelopes = await Promise.all([
    sealed(inControlPlane, 'a'),
    sealed(inControlPlane, 'b'),
    sealed(inControlPlane, 'c', 'run_2'),
  ]);
  const [a, b, c] = envelopes.map(({ metadata }) => Buffer.from(metadata?.envelope ?? []).toString());
  expect(a).toBe(b);
  expect(c).not.toBe(a);
});
