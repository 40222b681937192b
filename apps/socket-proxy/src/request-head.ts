import { Refusal } from './refusal.ts';

export interface RequestHead {
  method: string;
  target: string;
  headers: ReadonlyMap<string, string>;
  /** Bytes of body that follow; the only framing we accept is one Content-Length. */
  bodyLength: number;
}

const MOST_HEADERS = 20;
const REQUEST_LINE = /^(?<method>[A-Z]{3,16}) (?<target>[!-~]{1,4096}) HTTP\/1\.1$/;
const HEADER = /^(?<spelled>[!-9;-~]+):[ \t]*(?<value>.*)$/;
// Headers that clients send and that mean nothing here: none is forwarded. Any other header is refused, because one that we
// do not know may change what a request means: upgrades, method overrides, encodings, trailers, metadata of an import.
const IGNORED = 'user-agent accept accept-language accept-encoding keep-alive sec-fetch-mode traceparent tracestate';
const OF_PROXIES =
  'x-original-url x-rewrite-url x-real-ip x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-prefix x-forwarded-uri';
const ACCEPTED = new Map<string, RegExp>([
  ...`${IGNORED} ${OF_PROXIES}`.split(' ').map((name) => [name, /^[\t -~]*$/] as const),
  ['host', /^[A-Za-z0-9.:_%[\]-]{0,255}$/],
  ['connection', /^(?:close|keep-alive)$/i],
  ['content-length', /^(?:0|[1-9]\d{0,8})$/],
  ['content-type', /^application\/json(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i],
  ['x-registry-auth', /^[A-Za-z0-9_-]{1,8190}={0,2}$/],
]);

/**
 * Reads the head of a request, without the empty line behind it. Only one spelling of HTTP/1.1 is accepted, and that one
 * every reader of HTTP understands alike: one request line, one line a header, no header twice, one Content-Length.
 */
export function readHead(text: string): RequestHead {
  const [line = '', ...fields] = text.split('\r\n');
  const { method = '', target = '' } = REQUEST_LINE.exec(line)?.groups ?? {};
  if (method === '')
    throw new Refusal('framing.request-line', 'The request line is too long or not plain HTTP/1.1.', 400);
  if (fields.length > MOST_HEADERS) throw new Refusal('framing.header-count', 'There are too many headers.', 431);
  const headers = new Map<string, string>();
  for (const field of fields) {
    const { spelled = '', value = '' } = HEADER.exec(field)?.groups ?? {};
    if (spelled === '') throw new Refusal('framing.malformed', 'A header is malformed.', 400);
    const name = spelled.toLowerCase();
    if (name === 'transfer-encoding') throw new Refusal('framing.chunked', 'A body needs a Content-Length.', 411);
    if (headers.has(name)) throw new Refusal('framing.header-twice', 'A header is there twice.', 400);
    if (!ACCEPTED.get(name)?.test(value)) throw new Refusal('header', 'A header is not in the positive list.', 400);
    headers.set(name, value);
  }
  if (!headers.has('host')) throw new Refusal('framing.host', 'The Host header is missing.', 400);
  return { method, target, headers, bodyLength: Number(headers.get('content-length') ?? 0) };
}
