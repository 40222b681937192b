import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { skipReasons } from '../../../script/lib/skip-reasons.ts';
import { countedRequests, type GuardUnderTest, guardUnderTest, OWN_ID } from '../test-tools/guard-under-test.ts';

interface Case {
  id: string;
  group: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  expect: 'allow' | 'deny';
  why: string;
  wire?: string;
  halfclose?: boolean;
  note?: string;
}

const file = join(import.meta.dirname, '../../../../shared/corpora/guard/cases.jsonl');
const present = existsSync(file);
const cases: Case[] = present
  ? readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];

function wireOf(one: Case): Buffer {
  if (one.wire !== undefined) return Buffer.from(one.wire, 'latin1');
  const hasConnection = Object.keys(one.headers).some((name) => name.toLowerCase() === 'connection');
  const headers = { ...one.headers, ...(hasConnection ? {} : { Connection: 'close' }) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${one.method} ${one.path} HTTP/1.1\r\n${lines.join('')}\r\n${one.body}`);
}

describe.skipIf(!present)('the corpus of attacks', { meta: { skipReason: skipReasons.noCorpora } }, () => {
  let guard: GuardUnderTest;
  beforeAll(async () => {
    guard = await guardUnderTest();
  });
  afterAll(() => guard[Symbol.asyncDispose]());
  beforeEach(() => {
    guard.forwarded.length = 0;
  });

  test('is complete', () => {
    expect(cases.length).toBeGreaterThanOrEqual(382);
  });

  test.each(cases.filter((one) => one.expect === 'deny'))('$id is refused: $why', async (one) => {
    const answer = await guard.send(wireOf(one), { halfClose: one.halfclose === true });
    const first = one.note?.startsWith('first request');
    const reached = countedRequests(guard, false).filter((request) => !(first && request.target.endsWith('/start')));
    expect(reached).toEqual([]);
    if (first) expect(answer.text).toContain('"rule"');
    else expect(answer.status === 0 || answer.status >= 400).toBe(true);
  });

  test.each(cases.filter((one) => one.expect === 'allow'))('$id passes, rebuilt: $why', async (one) => {
    const answer = await guard.send(wireOf(one));
    expect(answer.status).toBeLessThan(300);
    const reached = countedRequests(guard, /\/containers\/[^/]+\/json$/.test(one.path));
    expect(reached).toHaveLength(1);
    const [request] = reached;
    expect(request?.method).toBe(one.method);
    expect(request?.target).toMatch(/^\/v1\.44\/[a-z]/);
    if (one.path.includes('bigeye-run-own-1')) expect(request?.target).toContain(`/containers/${OWN_ID}`);
    const names = request?.head
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(':')[0]);
    expect(['Host', 'Content-Type', 'Content-Length', 'X-Registry-Auth']).toEqual(expect.arrayContaining(names ?? []));
    if (one.path.includes('/containers/create'))
      expect(JSON.parse(request?.body ?? '')).toEqual(expectedBody(one.body));
    else expect(request?.body).toBe('');
  });
});

/** What must go out for an allowed create, written down independently of the guard: its own two additions, zero values gone. */
function expectedBody(text: string): unknown {
  const body = JSON.parse(text);
  const host = body.HostConfig;
  body.Labels = { ...body.Labels, 'com.bigeye.proxy.owner': 'test-instance' };
  host.MemorySwap = host.Memory;
  if (host.CapAdd?.length === 0) delete host.CapAdd;
  if (host.MaskedPaths === null) delete host.MaskedPaths;
  for (const bind of host.Binds ?? []) {
    const [Source, Target, mode] = bind.split(':');
    host.Mounts = [...(host.Mounts ?? []), { Type: 'bind', Source, Target, ReadOnly: mode === 'ro' }];
  }
  delete host.Binds;
  return body;
}
