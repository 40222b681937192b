import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { skipReasons } from '../../../script/lib/skip-reasons.ts';
import { GOOD_CREATE, OWNER, POLICY } from '../test-tools/guard-under-test.ts';
import { createJudge } from './container-create.ts';
import { readJson } from './json-reader.ts';
import { readPolicy } from './policy.ts';

/** What dockerd would see, asked of Go's own decoder. */
const hasGo = (() => {
  try {
    return execFileSync('go', ['version']).length > 0;
  } catch {
    return false;
  }
})();

const good = JSON.stringify(GOOD_CREATE);
const spellings = [
  ...['"HostConfig"', '"hostconfig"', '"Ho\u017ftConfig"', '"Privileged"', '"privileged"', '"Bind\u017f"', '"Binds"'],
  ...['"Networ\u212aMode"', '"\\u0050rivileged"', 'true', 'false', 'null', '1', '1.0', '1e2', '-0', '9007199254740993'],
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    ' ',
    '\n',
    '\u00a0',
    '\ufeff',
    '//',
    '{}',
    '[]',
  ],
  ...['"Privileged":true,', '"HostConfig":{"Privileged":true},', '"Mounts":[{"Target":"/out"}],', '"__proto__":{},'],
];
/** A good request with some of those put into it, at any place. */
const documents = fc
  .array(fc.tuple(fc.nat(good.length), fc.constantFrom(...spellings)), { maxLength: 3 })
  .map((edits) => edits.reduce((text, [at, edit]) => text.slice(0, at) + edit + text.slice(at), good));

describe.skipIf(!hasGo)('the JSON reader beside Go’s', { meta: { skipReason: skipReasons.noGo } }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'go-json-'));
  const oracle = join(folder, 'oracle');
  beforeAll(() => {
    const source = join(import.meta.dirname, '../test-tools/go-json/main.go');
    execFileSync('go', ['build', '-o', oracle, source], {
      env: { ...process.env, GO111MODULE: 'off', CGO_ENABLED: '0' },
    });
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const seenByGo = (texts: string[]): string[] => {
    const input = texts.map((text) => `${Buffer.from(text).toString('base64')}\n`).join('');
    return execFileSync(oracle, { input, maxBuffer: 2 ** 28 })
      .toString()
      .trim()
      .split('\n');
  };
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch {
      return undefined;
    }
  };

  test('what it accepts, Go reads as the same document', () => {
    const texts = fc.sample(documents, 8_000);
    const seen = seenByGo(texts);
    let accepted = 0;
    texts.forEach((text, at) => {
      const read = attempt(() => readJson(Buffer.from(text)));
      if (read === undefined || seen[at] === 'error') return;
      accepted += 1;
      expect(JSON.parse(seen[at] ?? '').free, text).toEqual(read);
    });
    expect(accepted).toBeGreaterThan(50);
  });

  test('what it forwards, Go reads as a container without any privilege', () => {
    const policy = readPolicy(Buffer.from(JSON.stringify(POLICY)));
    const judge = createJudge(policy, OWNER);
    const bodies = fc
      .sample(documents, 8_000)
      .flatMap((text) => attempt(() => JSON.stringify(judge(readJson(Buffer.from(text))))) ?? []);
    expect(bodies.length).toBeGreaterThan(50);
    for (const line of seenByGo(bodies)) {
      const { HostConfig, User, Entrypoint } = JSON.parse(line).container;
      expect([HostConfig.Privileged, HostConfig.CapAdd, HostConfig.Binds, HostConfig.Devices]).toEqual([
        false,
        null,
        null,
        null,
      ]);
      expect([HostConfig.PidMode, HostConfig.Runtime, Entrypoint]).toEqual(['', '', null]);
      expect([HostConfig.CapDrop, HostConfig.Memory > 0]).toEqual([['ALL'], true]);
      expect(User).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    }
  });

  test('it refuses the documents of which Go sees more than they seem to say', () => {
    const sly = [
      good.replace('"HostConfig":{', '"HostConfig":{"Privileged":true,"Privileged":null,'),
      `${good.slice(0, -1)},"HostConfig":{"Privileged":true}}`,
      `${good}]`,
    ];
    for (const line of seenByGo(sly)) expect(line).not.toBe('error');
    for (const text of sly) expect(() => readJson(Buffer.from(text))).toThrow();
  });
});
