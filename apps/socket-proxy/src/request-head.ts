import { Refusal } from './refusal.ts';

export interface RequestHead {
  method: string;
  target: string;
  headers: ReadonlyMap<string, string>;
  /** Bytes of body that follow; the only framing we accept is one Content-Length. */
  bodyLength: number;
  close: boolean;
}

export const MAX_HEAD_BYTES = 24 * 1024;

// Headers that clients send and that mean nothing here: none is forwarded. Any other header is refused, because one that we
// do not know may change what a request means: upgrades, method overrides, encodings, trailers, metadata of an import.
const IGNORED =
  `user-agent accept accept-language accept-encoding keep-alive sec-fetch-mode traceparent tracestate x-original-url x-rewrite-url
  x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-prefix x-forwarded-uri x-real-ip`.split(
    /\s+/,
  );
const ACCEPTED = new Map<string, RegExp>([
  ...IGNORED.map((name) => [name, /^/] as const),
  ['host', /^[A-Za-z0-9.:_%[\]-]{0,255}$/],
  ['connection', /^(?:close|keep-alive)$/i],
  ['content-length', /^(?:0|[1-9]\d{0,8})$/],
  ['content-type', /^application\/json(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i],
  ['x-registry-auth', /^.{1,8192}$/],
]);

/**
 * Reads the head of one request, the text before the blank line. It takes one spelling of HTTP/1.1, so there is nothing
 * for two readers to disagree about: no folding, no bare line feed, no header twice, no Transfer-Encoding.
 */
export function readHead(text: string): RequestHead {
  // With its line end back, so that a carriage return before it is seen as the stray byte that it is.
  checkHeadBytes(`${text}\r\n`);
  const [first = '', ...lines] = text.split('\r\n');
  const [, method = '', target = ''] = /^([A-Z]{3,16}) ([!-~]{1,4096}) HTTP\/1\.1$/.exec(first) ?? [];
  if (method === '')
    throw new Refusal('framing.request-line', 'The request line is too long or not plain HTTP/1.1.', 400);
  if (lines.length > 20) throw new Refusal('framing.header-count', 'There are too many headers.', 431);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'transfer-encoding') throw new Refusal('framing.chunked', 'A body needs a Content-Length.', 411);
    if (headers.has(name)) throw new Refusal('framing.header-twice', 'A header is there twice.', 400);
    if (!ACCEPTED.get(name)?.test(value)) throw new Refusal('header', 'A header is not in the positive list.', 400);
    headers.set(name, value);
  }
  if (!headers.has('host')) throw new Refusal('framing.host', 'The Host header is missing.', 400);
  const close = headers.get('connection')?.toLowerCase() === 'close';
  return { method, target, headers, bodyLength: Number(headers.get('content-length') ?? 0), close };
}

/** Refuses text that is no head, or can no longer become one while its end has not come. */
export function checkHeadBytes(text: string): void {
  if (text.length > MAX_HEAD_BYTES) throw new Refusal('framing.head-length', 'The head is too long.', 431);
  if (/(?:^|[^\r])\n|\r(?!\n|$)|[^\t\r\n -~]/.test(text))
    throw new Refusal('framing.bytes', 'The head has a bad byte.', 400);
}
