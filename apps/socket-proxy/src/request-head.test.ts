import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readHead } from './request-head.ts';

const folder = mkdtempSync(join(tmpdir(), 'head-'));
const path = join(folder, 's.sock');
let seen: { method?: string | undefined; target?: string | undefined; headers: [string, string][] }[] = [];
const server = createServer((request, response) => {
  const { method, url: target, rawHeaders } = request;
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  seen.push({ method, target, headers: names.map((name, at) => [name, rawHeaders[2 * at + 1] ?? '']) });
  response.end();
});
beforeAll(() => new Promise<void>((resolve) => server.listen(path, resolve)));
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

/** What Node's parser sees in the bytes, over a connection of their own. */
async function seenByNode(bytes: Buffer): Promise<typeof seen> {
  seen = [];
  await new Promise<void>((resolve) => {
    const socket = createConnection(path, () => socket.end(bytes));
    socket.on('error', () => {}).on('close', () => resolve());
    socket.resume();
  });
  return seen;
}

const pieces = [
  'GET',
  'POST',
  ' ',
  '  ',
  '\t',
  '/version',
  '?a=b',
  ' HTTP/1.1',
  ' HTTP/1.0',
  '\r\n',
  '\n',
  '\r',
  ':',
  ': ',
]
  .concat([
    'Host',
    'host',
    'docker',
    'Content-Length',
    '0',
    '00',
    '5',
    ',',
    'Transfer-Encoding',
    'chunked',
    'Accept',
    '\0',
    '\xe9',
  ])
  .concat(['Connection', 'close', 'keep-alive', 'Upgrade', ';', '%', '*', 'http://x']);
const good = 'GET /version HTTP/1.1\r\nHost: docker\r\nAccept: a b\r\nContent-Length: 0\r\nConnection: close';
const heads = fc
  .array(fc.tuple(fc.nat(good.length), fc.nat(3), fc.constantFrom(...pieces)), { maxLength: 4 })
  .map((edits) => edits.reduce((text, [at, cut, piece]) => text.slice(0, at) + piece + text.slice(at + cut), good));

test('a head that is accepted is the same head to Node, and one request', async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(heads, async (text) => {
      if (text.includes('\r\n\r\n')) return;
      let head: ReturnType<typeof readHead>;
      try {
        head = readHead(text);
      } catch {
        return;
      }
      // What the table of endpoints refuses in any case may be read in any way.
      if (!/^(?:GET|POST|DELETE)$/.test(head.method) || !/^\/[A-Za-z0-9/._:@-]*(?:\?|$)/.test(head.target)) return;
      accepted += 1;
      const body = 'x'.repeat(Math.min(head.bodyLength, 64));
      if (head.bodyLength > body.length) return;
      const [request, ...others] = await seenByNode(Buffer.from(`${text}\r\n\r\n${body}`, 'latin1'));
      expect(others).toEqual([]);
      expect(request).toMatchObject({ method: head.method, target: head.target });
      expect(request?.headers.map(([name, value]) => [name, value.trimEnd()])).toEqual(
        [...head.headers].map(([name, value]) => [name, value.trimEnd()]),
      );
    }),
    { numRuns: 3_000 },
  );
  expect(accepted).toBeGreaterThan(100);
});
