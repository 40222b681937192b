import { expect, test } from 'vitest';
import { parseLogFrames, sinceOf } from './log-frames.ts';

const frame = (stream: number, text: string | Buffer): Buffer => {
  const content = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
};
const at = '2026-01-01T00:00:00.000000001Z';

async function parsed(bytes: Buffer, chunkSize: number) {
  const lines = [];
  async function* chunks() {
    for (let from = 0; from < bytes.length; from += chunkSize) yield bytes.subarray(from, from + chunkSize);
  }
  for await (const line of parseLogFrames(chunks())) lines.push(line);
  return lines;
}

test.each([1, 7, 4096])('frames are lines with stream and time, in pieces of %i bytes', async (chunkSize) => {
  const bytes = Buffer.concat([frame(1, `${at} one ä\n`), frame(2, `${at} two\r\n`), frame(1, `${at} \n`)]);
  expect(await parsed(bytes, chunkSize)).toEqual([
    { at, stream: 'stdout', text: 'one ä' },
    { at, stream: 'stderr', text: 'two' },
    { at, stream: 'stdout', text: '' },
  ]);
});

test('pieces of a long line are joined, and a line without its end is not lost', async () => {
  const bytes = Buffer.concat([frame(1, `${at} aaa`), frame(1, `${at} bbb\n`), frame(2, `${at} unfinished`)]);
  expect((await parsed(bytes, 4096)).map(({ text }) => text)).toEqual(['aaabbb', 'unfinished']);
});

test('a character that the engine cut in two is whole, and one at the end of the longest line goes into the next piece', async () => {
  const pieceAfter = (text: string | Buffer) => Buffer.concat([Buffer.from(`${at} `), Buffer.from(text)]);
  const euro = Buffer.from('€');
  const cut = Buffer.concat([
    frame(1, pieceAfter(Buffer.concat([Buffer.from('a'), euro.subarray(0, 1)]))),
    frame(1, pieceAfter(Buffer.concat([euro.subarray(1), Buffer.from('b\n')]))),
  ]);
  expect((await parsed(cut, 4096)).map(({ text }) => text)).toEqual(['a€b']);
  const long = `${'x'.repeat(65_535)}€ and more`;
  const pieces = await parsed(frame(1, pieceAfter(`${long}\n`)), 1 << 20);
  expect(pieces.map(({ text, goesOn }) => [text.length, goesOn])).toEqual([
    [65_535, true],
    [10, undefined],
  ]);
  expect(pieces.map(({ text }) => text).join('')).toBe(long);
});

test('a progress bar is one line: what a terminal shows of it in the end', async () => {
  const bar = Array.from({ length: 10_000 }, (_, n) => `\r${'#'.repeat(n % 40)} ${n}`).join('');
  const frames = [`loading 1 of 12\rloading 9\n`, `${bar}\r${' '.repeat(50)}\rdone\n`, 'plain\r\n'].map((text) =>
    frame(1, `${at} ${text}`),
  );
  expect((await parsed(Buffer.concat(frames), 1 << 20)).map(({ text }) => text.trimEnd())).toEqual([
    'loading 9 of 12',
    'done',
    'plain',
  ]);
});

test('the time of a line becomes seconds with all its nanoseconds', () => {
  expect(sinceOf('2026-01-01T00:00:00.123456789Z')).toBe('1767225600.123456789');
  expect(sinceOf('2026-01-01T00:00:00Z')).toBe('1767225600.000000000');
});
