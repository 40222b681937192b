import { createSecretMask, LogLine } from '@bigeye/contracts';
import { parseLogFrames } from '@bigeye/host-kit';
import { expect, test } from 'vitest';
import { maskLines } from './mask-lines.ts';

const at = '2026-01-01T00:00:00.000000001Z';

/** As the engine keeps a line: in frames of 16 KiB, cut between bytes, of which those that are no character are replaced. */
function framesOf(line: string): string[] {
  const bytes = Buffer.from(`${line}\n`);
  const starts = Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, n) => n * 16_384);
  return starts.map((from) => bytes.subarray(from, from + 16_384).toString('utf8'));
}

async function* engineLog(frames: string[]) {
  for (const text of frames) {
    const content = Buffer.from(`${at} ${text}`);
    const header = Buffer.alloc(8);
    header[0] = 1;
    header.writeUInt32BE(content.length, 4);
    yield Buffer.concat([header, content]);
  }
}

async function shippedFrames(frames: string[], secrets: string[]): Promise<LogLine[]> {
  const lines = [];
  for await (const line of maskLines(parseLogFrames(engineLog(frames)), createSecretMask(secrets))) lines.push(line);
  return lines;
}
const shipped = (printed: string, secrets: string[]) => shippedFrames(printed.split('\n').flatMap(framesOf), secrets);

const awkward = [
  ...[
    'correct-horse-battery-staple',
    'hunter22',
    'Sommer2024!',
    'p@ss:w/rd#1?&=%',
    'back\\slash\\\\7',
    '"quoted"\'42\'',
  ],
  ...[
    'two words 42',
    '$1$&$`(.*)+?^',
    '{}[]()|42',
    '<&>;--#!a1',
    'tab\there9',
    'pässwört-42-lang',
    '密码是秘密的密码9',
    '🙂🙃🙂🙃-key-1',
  ],
  ...['aA1!aA1!aA1!', '****a1****', '%41%42%43', '0x1234567890abcdef', 'bigeye_agent_0k3j5h2g9f8d', 'ends-with-é-7ü'],
];

test.each(awkward)('no part of %s is shipped, wherever a long line is cut', async (secret) => {
  const around = Buffer.byteLength(secret) + 4;
  for (const cut of [16_384, 65_536])
    for (let before = cut - around; before <= cut + 4; before++) {
      const lines = await shipped(`${'.'.repeat(before)} ${secret} ${'. '.repeat(2_000)}`, [secret]);
      const text = lines.map((line) => line.text).join('');
      // The place of the secret and nothing else: not even one half of it.
      expect(text.replaceAll(/[. ]/g, ''), `${secret} after ${before} bytes`).toBe('******');
    }
});

test('a secret that is known by its place is hidden across a cut too', async () => {
  for (let before = 65_490; before <= 65_540; before += 3) {
    const lines = await shipped(`${'.'.repeat(before)} password=demo ${'.'.repeat(70_000)}`, []);
    const text = lines.map((line) => line.text).join('');
    expect(text).toContain(' password=****** ');
    expect(text).not.toContain('demo');
  }
});

test('a long line keeps all of its text and the number of its pieces, and each is one that the control plane takes', async () => {
  const words = Array.from({ length: 40_000 }, (_, n) => `w${n}🙂 `);
  const printed = words.join('');
  const frames = Array.from({ length: 40 }, (_, n) => words.slice(n * 1000, (n + 1) * 1000).join(''));
  const lines = await shippedFrames([...frames, '\n'], ['correct-horse-battery-staple']);
  expect(lines.map((line) => line.text).join('') === printed).toBe(true);
  expect(lines).toHaveLength(Math.ceil(Buffer.byteLength(printed) / 65_533));
  for (const line of lines) LogLine.parse(line);
});

test('short lines are masked one by one, and nothing is held back', async () => {
  const lines = await shipped('one hunter22\ntwo\n\nhunter22', ['hunter22']);
  expect(lines.map((line) => line.text)).toEqual(['one ******', 'two', '', '******']);
});
