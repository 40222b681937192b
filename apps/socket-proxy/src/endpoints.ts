import type { Config } from './config.ts';
import { createJudge, imagePattern, OWNER_LABEL, repositoryPattern, SIGNALS } from './container-create.ts';
import { type Json, type JsonObject, readJson } from './json-reader.ts';
import { Refusal } from './refusal.ts';
import type { RequestHead } from './request-head.ts';

/** How an answer travels: as it comes, without an end in sight (no time-out, but counted), or read whole and judged. */
export type Answer = 'relay' | 'stream' | 'info' | 'create' | 'version';

/** A request that passed: what is sent is built from these values and from nothing else. */
export interface Permit {
  endpoint: string;
  method: string;
  /** The path behind the version; `{id}` stands for the container, which is resolved to an owned full id. */
  path: string;
  /** The container as the client named it: a full id or a name of ours. */
  container?: string;
  query: string;
  body?: string;
  registryAuth?: string;
  answer: Answer;
  /** Longest silence of the daemon in milliseconds; 0 means none. */
  timeoutMs: number;
}

type QueryJudge = (value: string) => string;

interface Endpoint {
  name: string;
  method: string;
  path: RegExp;
  query: Record<string, QueryJudge>;
  required?: string[];
  body?: 'create' | 'repeats-query';
  answer?: Answer;
}

const MAX_DIGITS = 10;
const refuse = (rule: string, why: string): never => {
  throw new Refusal(rule, why);
};
const matching =
  (pattern: RegExp): QueryJudge =>
  (value) =>
    pattern.test(value)
      ? value
      : refuse('query.value', 'A query parameter has a value that is not in the positive list.');
const bool = matching(/^(?:0|1|true|false)$/);
const time = matching(new RegExp(`^\\d{1,${MAX_DIGITS}}(?:\\.\\d{1,9})?$`));

/** Reads the positive list of endpoints for one configuration; the returned function judges a request before its body is read. */
export function endpointTable(config: Config): (head: RequestHead) => Admitted {
  const { policy, owner } = config;
  const ref = imagePattern(policy).source.slice(1, -1);
  const repository = new RegExp(`^(?:docker\\.io/)?(${repositoryPattern(policy)})$`);
  const platform = matching(new RegExp(`^(?:${policy.platforms.join('|')})$`));
  const container = '(?<container>[0-9a-f]{64}|bigeye-run-[a-z0-9][a-z0-9-]{0,62})';
  const on = (action: string) => new RegExp(`^/containers/${container}${action}$`);
  const judgeCreate = createJudge(policy, owner);
  const forced = { containers: containerFilters(owner), images: imageFilters(policy.imageNamespace) };

  const table: Endpoint[] = [
    { name: 'version', method: 'GET', path: /^\/version$/, query: {}, answer: 'version' },
    { name: 'info', method: 'GET', path: /^\/info$/, query: {}, answer: 'info' },
    {
      name: 'container.list',
      method: 'GET',
      path: /^\/containers\/json$/,
      query: { all: bool, limit: matching(/^\d{1,4}$/), filters: forced.containers },
    },
    {
      name: 'container.create',
      method: 'POST',
      path: /^\/containers\/create$/,
      query: { name: matching(/^bigeye-run-[a-z0-9][a-z0-9-]{0,62}$/), platform },
      required: ['name'],
      body: 'create',
      answer: 'create',
    },
    { name: 'container.inspect', method: 'GET', path: on('/json'), query: {} },
    {
      name: 'container.logs',
      method: 'GET',
      path: on('/logs'),
      query: {
        stdout: bool,
        stderr: bool,
        follow: bool,
        timestamps: bool,
        since: time,
        until: time,
        tail: matching(/^(?:\d{1,10}|all)$/),
      },
    },
    { name: 'container.start', method: 'POST', path: on('/start'), query: {} },
    {
      name: 'container.stop',
      method: 'POST',
      path: on('/stop'),
      query: { t: matching(/^\d{1,3}$/), signal: matching(SIGNALS) },
      answer: 'stream',
    },
    { name: 'container.kill', method: 'POST', path: on('/kill'), query: { signal: matching(SIGNALS) } },
    {
      name: 'container.wait',
      method: 'POST',
      path: on('/wait'),
      query: { condition: matching(/^(?:not-running|next-exit|removed)$/) },
      answer: 'stream',
    },
    { name: 'container.remove', method: 'DELETE', path: on(''), query: { force: bool, v: bool } },
    {
      name: 'image.list',
      method: 'GET',
      path: /^\/images\/json$/,
      query: { all: bool, digests: bool, filters: forced.images },
    },
    { name: 'image.inspect', method: 'GET', path: new RegExp(`^/images/${ref}/json$`), query: {} },
  ];
  if (policy.allowPull)
    table.push({
      name: 'image.pull',
      method: 'POST',
      path: /^\/images\/create$/,
      query: {
        fromImage: (value) =>
          repository.exec(value)?.[1] ?? refuse('image.name', 'The image is not in the allowed namespace.'),
        tag: matching(policy.requireDigest ? DIGEST : TAG_OR_DIGEST),
        platform,
      },
      required: ['fromImage', 'tag'],
      body: 'repeats-query',
      answer: 'stream',
    });

  return (head) => {
    const mark = head.target.indexOf('?');
    const path = /^(?:\/v1\.4[1-7])?(\/[A-Za-z0-9/._:@-]*)$/.exec(
      mark < 0 ? head.target : head.target.slice(0, mark),
    )?.[1];
    if (path === undefined)
      throw new Refusal('path.form', 'The path is not in canonical form, or its API version is not 1.41 to 1.47.');
    const rows = table.filter((row) => row.path.test(path));
    const row = rows.find((candidate) => candidate.method === head.method);
    if (!row)
      throw new Refusal(
        rows.length > 0 ? 'endpoint.method' : 'endpoint.unknown',
        'This endpoint or method is not open.',
      );
    const query = readQuery(mark < 0 ? '' : head.target.slice(mark + 1), row);
    const auth = head.headers.get('x-registry-auth');
    if (auth !== undefined && row.name !== 'image.pull')
      throw new Refusal('header.registry-auth', 'Credentials only go with a pull.');
    if (row.name === 'container.list' || row.name === 'image.list')
      query.set('filters', query.get('filters') ?? row.query.filters?.('{}') ?? '');
    const match = row.path.exec(path);
    const named = match?.groups?.container;
    const follow = row.name === 'container.logs' && /^(?:1|true)$/.test(query.get('follow') ?? '');
    const answer = follow ? 'stream' : (row.answer ?? 'relay');
    const permit: Permit = {
      endpoint: row.name,
      method: row.method,
      path: named === undefined ? path.replace(/^\/images\/docker\.io\//, '/images/') : path.replace(named, '{id}'),
      ...(named !== undefined && { container: named }),
      query: [...query].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&'),
      ...(auth !== undefined && { registryAuth: readRegistryAuth(auth) }),
      answer,
      timeoutMs: answer === 'stream' ? 0 : 120_000,
    };
    if (head.bodyLength > 0 && !row.body) throw new Refusal('body.unexpected', 'This endpoint takes no body.');
    if (head.bodyLength > policy.limits.bodyBytes) throw new Refusal('body.length', 'The body is too long.', 413);
    if (row.body === 'create' && head.headers.get('content-type') === undefined)
      throw new Refusal('header.content-type', 'The body must be application/json.', 415);
    return {
      permit,
      withBody: (bytes) => {
        if (row.body === 'create') permit.body = JSON.stringify(judgeCreate(readJson(bytes)));
        else if (bytes.length > 0) judgeRepeatedQuery(readJson(bytes), query);
        return permit;
      },
    };
  };
}

/** A head that passed; the body of `head.bodyLength` bytes is judged by `withBody`, which completes the permit. */
export interface Admitted {
  permit: Permit;
  withBody: (bytes: Uint8Array) => Permit;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TAG_OR_DIGEST = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64})$/;

function readQuery(raw: string, row: Endpoint): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of raw === '' ? [] : raw.split('&')) {
    const match = /^([A-Za-z]{1,16})=((?:[A-Za-z0-9\-._~/:,@*!'()]|%[0-9A-Fa-f]{2})*)$/.exec(pair);
    if (!match) throw new Refusal('query.form', 'The query is not in canonical form.');
    const [, key = '', encoded = ''] = match;
    const judge = Object.hasOwn(row.query, key) ? row.query[key] : undefined;
    if (!judge) throw new Refusal('query.unknown-key', 'The query has a key that is not in the positive list.');
    if (query.has(key)) throw new Refusal('query.duplicate-key', 'The query has a key twice.');
    let value: string;
    try {
      value = decodeURIComponent(encoded);
    } catch {
      throw new Refusal('query.form', 'The query is not valid UTF-8.');
    }
    query.set(key, judge(value));
  }
  for (const key of row.required ?? [])
    if (!query.has(key)) throw new Refusal('query.required', `The query must have ${key}.`);
  return query;
}

/** Filters come as `{"key":["value"]}` or, from Go clients, as `{"key":{"value":true}}`; both become the first. */
function readFilters(text: string, patterns: Record<string, RegExp>): Map<string, string[]> {
  const document = readJson(Buffer.from(text));
  if (!(document instanceof Map)) return refuse('query.filters', 'The filters must be an object.');
  const filters = new Map<string, string[]>();
  for (const [key, given] of document) {
    const pattern = Object.hasOwn(patterns, key) ? patterns[key] : undefined;
    const all = given instanceof Map ? [...given.values()].every((on) => on === true) : Array.isArray(given);
    const values = given instanceof Map ? [...given.keys()] : given;
    if (
      !pattern ||
      !all ||
      !Array.isArray(values) ||
      values.length > 64 ||
      !values.every((value) => typeof value === 'string' && pattern.test(value))
    )
      return refuse('query.filters', 'The filters have a key or value that is not in the positive list.');
    if (values.length > 0) filters.set(key, values as string[]);
  }
  return filters;
}

function containerFilters(owner: string): QueryJudge {
  const patterns = {
    label: /^com\.bigeye\.run\.[A-Za-z0-9._-]{1,63}(?:=[ -~]{0,256})?$/,
    status: /^(?:created|running|removing|paused|exited|dead)$/,
    name: /^\^?\/?bigeye-run-[a-z0-9-]{0,63}\$?$/,
    id: /^[0-9a-f]{64}$/,
  };
  return (text) => {
    const filters = readFilters(text, patterns);
    filters.set('label', [...(filters.get('label') ?? []), `${OWNER_LABEL}=${owner}`]);
    return JSON.stringify(Object.fromEntries(filters));
  };
}

function imageFilters(namespace: string): QueryJudge {
  const reference = new RegExp(
    `^(?:docker\\.io/)?${namespace}(?:\\*|[a-z0-9][a-z0-9._*-]{0,127})(?::[A-Za-z0-9_*][A-Za-z0-9._*-]{0,127})?$`,
  );
  return (text) => {
    const filters = readFilters(text, { reference });
    const wanted = filters.get('reference') ?? [`${namespace}*`];
    return JSON.stringify({ reference: wanted.map((entry) => entry.replace(/^docker\.io\//, '')) });
  };
}

/** dockerode repeats a pull's query as a JSON body. The daemon ignores it and so do we, but it must not say anything else. */
function judgeRepeatedQuery(document: Json, query: Map<string, string>): void {
  const same = (value: Json, key: string) =>
    typeof value === 'string' && value.replace(/^docker\.io\//, '') === query.get(key);
  if (!(document instanceof Map) || ![...document].every(([key, value]) => same(value, key)))
    refuse('body.pull', 'The body of a pull must repeat its query or be left out.');
}

const HUB = /^(?:(?:https?:\/\/)?(?:index\.|registry-1\.)?docker\.io(?:\/v[12]\/?)?)?$/;
const AUTH_KEYS = ['username', 'password', 'email', 'auth', 'identitytoken', 'registrytoken', 'serveraddress'];

/** Credentials pass for Docker Hub only, rebuilt from their known keys. */
function readRegistryAuth(header: string): string {
  const invalid = (): never =>
    refuse('header.registry-auth', 'The registry credentials are malformed or for another server than docker.io.');
  if (header.length > 8192 || !/^[A-Za-z0-9_-]+={0,2}$/.test(header)) return invalid();
  let document: Json;
  try {
    document = readJson(Buffer.from(header, 'base64url'));
  } catch {
    return invalid();
  }
  if (!(document instanceof Map)) return invalid();
  const auth: JsonObject = document;
  const known = [...auth].every(([key, value]) => AUTH_KEYS.includes(key) && typeof value === 'string');
  if (!known || !HUB.test(String(auth.get('serveraddress') ?? ''))) return invalid();
  const encoded = Buffer.from(JSON.stringify(Object.fromEntries(auth))).toString('base64url');
  return encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=');
}
