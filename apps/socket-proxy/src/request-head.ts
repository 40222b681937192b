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
const MAX_TARGET = 4096;
const MAX_HEADERS = 20;

// Headers that clients send and that mean nothing here: nothing of them is forwarded. Any other header is refused, because
// a header we do not know may change what a request means: upgrades, method overrides, encodings, trailers, import metadata.
const IGNORED = new Set(
  'host user-agent accept accept-language keep-alive accept-encoding sec-fetch-mode x-original-url x-rewrite-url x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-prefix x-forwarded-uri x-real-ip traceparent tracestate'.split(
    ' ',
  ),
);
const JUDGED: Record<string, RegExp> = {
  host: /^[A-Za-z0-9.:_%[\]-]{0,255}$/,
  connection: /^(?:close|keep-alive)$/i,
  'content-length': /^(?:0|[1-9]\d{0,8})$/,
  'content-type': /^application\/json(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i,
  'x-registry-auth': /^[!-~]{1,8192}$/,
};

const malformed = (rule: string, message: string, status = 400) => new Refusal(`framing.${rule}`, message, status);

/**
 * Reads the head of one request from the bytes before the blank line. It takes one spelling of HTTP/1.1 only, so there is
 * nothing for two readers to disagree about: no folding, no bare line feed, no duplicate, no Transfer-Encoding.
 */
export function readHead(text: string): RequestHead {
  checkPartialHead(text);
  const lines = text.split('\r\n');
  const request = /^([A-Z]{3,16}) ([!-~]+) HTTP\/1\.1$/.exec(lines[0] ?? '');
  if (!request) throw malformed('request-line', 'The request line is not plain HTTP/1.1.');
  const [, method = '', target = ''] = request;
  if (target.length > MAX_TARGET) throw malformed('target-length', 'The request target is too long.', 414);
  if (lines.length - 1 > MAX_HEADERS) throw malformed('header-count', 'There are too many headers.', 431);
  const headers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (colon < 1 || !/^[a-z0-9-]+$/.test(name)) throw malformed('header-form', 'A header is malformed.');
    if (headers.has(name)) throw malformed('header-duplicate', 'A header is given twice.');
    const pattern = Object.hasOwn(JUDGED, name) ? JUDGED[name] : undefined;
    if (name === 'transfer-encoding')
      throw malformed('transfer-encoding', 'A body needs a Content-Length; chunks are not accepted.', 411);
    if (!pattern && !IGNORED.has(name))
      throw new Refusal('header.unknown', 'A header is not in the positive list.', 400);
    if (pattern && !pattern.test(value))
      throw new Refusal(`header.${name}`, `The header ${name} has a value that is not accepted.`, 400);
    headers.set(name, value);
  }
  if (!headers.has('host')) throw malformed('host', 'The Host header is missing.');
  return {
    method,
    target,
    headers,
    bodyLength: Number(headers.get('content-length') ?? 0),
    close: headers.get('connection')?.toLowerCase() === 'close',
  };
}

/** Refuses bytes that cannot be, or can no longer become, a head. */
export function checkPartialHead(text: string): void {
  if (text.length > MAX_HEAD_BYTES) throw malformed('head-length', 'The head of the request is too long.', 431);
  if (/(?:^|[^\r])\n|\r(?!\n|$)|[^\t\r\n -~]/.test(text))
    throw malformed('head-bytes', 'The head has bytes that do not belong there.');
}
