import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GOOD_CREATE, guardUnderTest, OWNER, POLICY } from '../test-tools/guard-under-test.ts';
import { createJudge } from './container-create.ts';
import { readJson } from './json-reader.ts';
import { readPolicy } from './policy.ts';
import { Refusal } from './refusal.ts';

const policy = readPolicy(Buffer.from(JSON.stringify(POLICY)));
const judge = createJudge(policy, OWNER);
const good = JSON.stringify(GOOD_CREATE);
const forward = (text: string | Buffer): string | undefined => {
  try {
    return JSON.stringify(judge(readJson(Buffer.from(text))));
  } catch (cause) {
    if (cause instanceof Refusal) return undefined;
    throw cause;
  }
};
// What no forwarded body may ever differ in, whatever the request looked like.
const invariant = (body: string) => {
  const { HostConfig, User, Image, Labels } = JSON.parse(body);
  expect(HostConfig.CapDrop).toEqual(['ALL']);
  expect(HostConfig.SecurityOpt[0]).toMatch(/^no-new-privileges(?:[:=]true)?$/);
  expect(HostConfig.ReadonlyRootfs).toBe(true);
  expect(['none', 'bigeye-agents']).toContain(HostConfig.NetworkMode);
  expect(HostConfig.MemorySwap).toBe(HostConfig.Memory);
  expect(User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  expect(Image).toMatch(/^bigeyedata\/[a-z0-9._-]+:/);
  expect(Labels['com.bigeye.proxy.owner']).toBe(OWNER);
  for (const mount of HostConfig.Mounts ?? []) expect(mount.Source).toMatch(/^\/var\/lib\/bigeye\/runs\/[a-z0-9_-]+$/);
  expect(Object.keys(HostConfig).filter((key) => /Privileged|CapAdd|Devices|PidMode|Binds|Runtime/.test(key))).toEqual(
    [],
  );
};

describe('an allowed create that is changed', () => {
  test('in one byte is refused, or what goes out still holds every promise', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bytes = Buffer.from(good);
        bytes[at] = byte;
        const body = forward(bytes);
        if (body !== undefined) invariant(body);
      }),
      { numRuns: 2000 },
    );
  });

  test('by one more key with any value is refused, or the body goes out as if the key were not there', () => {
    const names = [
      'Privileged',
      'CapAdd',
      'Binds',
      'PidMode',
      'Devices',
      'Runtime',
      'privileged',
      'Deviceſ',
      'Sysctls',
      'Evil',
    ];
    const key = fc.oneof(fc.constantFrom(...names), fc.string());
    const value = fc.oneof(
      fc.constantFrom('null', 'false', '0', '""', '[]', '{}', 'true'),
      fc.jsonValue().map((v) => JSON.stringify(v)),
    );
    fc.assert(
      fc.property(key, value, fc.boolean(), (name, text, inHost) => {
        const pair = `${JSON.stringify(name)}:${text}`;
        const changed = inHost ? good.replace('"HostConfig":{', `"HostConfig":{${pair},`) : `{${pair},${good.slice(1)}`;
        const body = forward(changed);
        if (body !== undefined) invariant(body);
        if (body !== undefined && !['AutoRemove', 'ShmSize'].includes(name))
          expect(JSON.parse(body)).toEqual(JSON.parse(forward(good) ?? ''));
      }),
      { numRuns: 2000 },
    );
  });

  test('by one key less is refused, or holds every promise', () => {
    for (const key of Object.keys(GOOD_CREATE.HostConfig)) {
      const body = forward(
        JSON.stringify({ ...GOOD_CREATE, HostConfig: { ...GOOD_CREATE.HostConfig, [key]: undefined } }),
      );
      if (body !== undefined) invariant(body);
    }
  });

  test('in one byte of its frame never reaches the daemon as anything else than itself', async () => {
    await using guard = await guardUnderTest();
    const head = `POST /v1.44/containers/create?name=bigeye-run-job-42 HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: ${good.length}\r\nConnection: close\r\n\r\n`;
    await guard.send(head + good);
    const [reference] = guard.forwarded;
    await fc.assert(
      fc.asyncProperty(fc.nat(head.length - 1), fc.integer({ min: 0, max: 255 }), async (at, byte) => {
        guard.forwarded.length = 0;
        const bytes = Buffer.from(head + good, 'latin1');
        bytes[at] = byte;
        await guard.send(bytes, { halfClose: true, waitMs: 2_000 });
        for (const request of guard.forwarded) {
          expect(request.target).toMatch(/^\/v1\.44\/containers\/create\?name=bigeye-run-[a-z0-9-]+$/);
          expect(request.body).toBe(reference?.body);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('by any byte in its head is refused, or forwarded as if the byte were not there', async () => {
    await using guard = await guardUnderTest();
    const head = 'GET /version HTTP/1.1\r\nHost: docker\r\nConnection: close';
    const ends = '\r\n\r\n';
    await fc.assert(
      fc.asyncProperty(fc.nat(head.length), fc.integer({ min: 0, max: 255 }), async (at, byte) => {
        guard.forwarded.length = 0;
        const bytes = [Buffer.from(head.slice(0, at)), Buffer.of(byte), Buffer.from(head.slice(at) + ends)];
        await guard.send(Buffer.concat(bytes), { halfClose: true, waitMs: 2_000 });
        for (const request of guard.forwarded) {
          expect(request.target).toBe('/v1.44/version');
          expect(String.fromCharCode(byte)).toMatch(/[\t\r\n -~]/);
        }
      }),
      { numRuns: 400 },
    );
  });
});
