import { createJudge, imagePattern, OWNER_LABEL, repositoryPattern, SIGNAL } from './container-create.ts';
import { findObject, type Json, readJson } from './json-reader.ts';
import type { Policy } from './policy.ts';
import { Refusal } from './refusal.ts';
import type { RequestHead } from './request-head.ts';
import { refuse } from './shape.ts';

/** All that is open: name, method, path, and the query parameters with what they may be; `!` marks a required one. */
const ENDPOINTS = `
  version            GET     /version
  info               GET     /info
  container.list     GET     /containers/json                all=boolean limit=count filters=container-filters
  container.create   POST    /containers/create              name!=name platform=platform
  container.inspect  GET     /containers/{container}/json
  container.logs     GET     /containers/{container}/logs    stdout=boolean stderr=boolean follow=boolean timestamps=boolean since=time until=time tail=tail
  container.start    POST    /containers/{container}/start
  container.stop     POST    /containers/{container}/stop    t=count signal=signal
  container.kill     POST    /containers/{container}/kill    signal=signal
  container.wait     POST    /containers/{container}/wait    condition=condition
  container.remove   DELETE  /containers/{container}         force=boolean v=boolean
  image.list         GET     /images/json                    all=boolean digests=boolean filters=image-filters
  image.inspect      GET     /images/{image}/json
  image.pull         POST    /images/create                  fromImage!=repository tag!=tag platform=platform`;

/** A request that passed: what is sent is built from these values and from nothing else. */
export interface Permit {
  endpoint: string;
  method: string;
  /** The path behind the version; `{container}` stands for the full id of an owned container. */
  path: string;
  /** The container as the client named it: a full id or a name of ours. */
  container?: string | undefined;
  query: string;
  body?: string;
  registryAuth?: string;
  /** Has no end in sight: no time-out, but counted. */
  isStream: boolean;
}

/** A head that passed; `withBody` judges the body, of the length the head announced, and completes the permit. */
export interface Admission {
  withBody(bytes: Uint8Array): Permit;
}

/** Judges one query value and returns its canonical form. */
type QueryJudge = (value: string) => string;
interface Endpoint {
  name: string;
  method: string;
  path: RegExp;
  query: Map<string, QueryJudge>;
  required: string[];
}

/** Builds the judge of requests, to be asked before the body is read. */
export function endpointJudge(policy: Policy, owner: string): (head: RequestHead) => Admission {
  const table = readTable(policy, owner);
  const judgeCreate = createJudge(policy, owner);
  return (head) => {
    const [, path = '', rawQuery = ''] = /^(?:\/v1\.4[1-7])?(\/[A-Za-z0-9/._:@-]*)(?:\?(.*))?$/.exec(head.target) ?? [];
    if (path === '') throw new Refusal('path.form', 'The path is not canonical, or its version is not 1.41 to 1.47.');
    const rows = table.filter((row) => row.path.test(path));
    const row = rows.find((candidate) => candidate.method === head.method);
    if (!row) throw new Refusal(`endpoint.${rows.length > 0 ? 'method' : 'unknown'}`, 'This endpoint is not open.');
    const query = readQuery(rawQuery, row);
    const isPull = row.name === 'image.pull';
    const isCreate = row.name === 'container.create';
    if (head.bodyLength > 0 && !isCreate && !isPull) refuse('body.unexpected', 'This endpoint takes no body');
    if (head.bodyLength > policy.limits.bodyBytes) throw new Refusal('body.length', 'The body is too long.', 413);
    if (head.bodyLength > 0 && !head.headers.has('content-type'))
      refuse('header.content-type', 'must be application/json');
    const auth = head.headers.get('x-registry-auth');
    if (auth !== undefined && !isPull) refuse('header.registry-auth', 'only goes with a pull');
    const container = row.path.exec(path)?.groups?.container;
    const follow = row.name === 'container.logs' && /^(?:1|true)$/.test(query.get('follow') ?? '');
    const permit: Permit = {
      endpoint: row.name,
      method: row.method,
      path: container === undefined ? path.replace('/docker.io/', '/') : path.replace(container, '{container}'),
      container,
      query: [...query].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&'),
      ...(auth !== undefined && { registryAuth: readRegistryAuth(auth) }),
      isStream: follow || isPull || row.name === 'container.wait' || row.name === 'container.stop',
    };
    return {
      withBody: (bytes) => {
        if (isCreate) permit.body = JSON.stringify(judgeCreate(readJson(bytes)));
        else if (bytes.length > 0) judgeRepeatedQuery(readJson(bytes), query);
        return permit;
      },
    };
  };
}

function readTable(policy: Policy, owner: string): Endpoint[] {
  const repository = new RegExp(`^(?:docker\\.io/)?(${repositoryPattern(policy)})$`);
  const patterns: Record<string, RegExp> = {
    boolean: /^(?:0|1|true|false)$/,
    count: /^\d{1,3}$/,
    time: /^\d{1,10}(?:\.\d{1,9})?$/,
    tail: /^(?:\d{1,9}|all)$/,
    signal: SIGNAL,
    condition: /^(?:not-running|next-exit|removed)$/,
    name: /^bigeye-run-[a-z0-9][a-z0-9-]{0,62}$/,
    platform: new RegExp(`^(?:${policy.platforms.join('|')})$`),
    repository,
    tag: policy.requireDigest ? /^sha256:[0-9a-f]{64}$/ : /^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64})$/,
  };
  const judges: Record<string, QueryJudge> = {
    'container-filters': containerFilters(owner),
    'image-filters': imageFilters(policy.imageNamespace),
  };
  const judgeOf = (name: string): QueryJudge => {
    const pattern = patterns[name] ?? /$^/;
    return (
      judges[name] ??
      ((value) => pattern.exec(value)?.at(name === 'repository' ? 1 : 0) ?? refuse('query.value', `must be a ${name}`))
    );
  };
  const rows = ENDPOINTS.trim()
    .split('\n')
    .map((line) => {
      const [name = '', method = '', path = '', ...query] = line.trim().split(/ +/);
      const source = path
        .replace('{container}', '(?<container>[0-9a-f]{64}|bigeye-run-[a-z0-9][a-z0-9-]{0,62})')
        .replace('{image}', imagePattern(policy).source.slice(1, -1));
      const parameters = query.map((parameter) => parameter.split('='));
      return {
        name,
        method,
        path: new RegExp(`^${source}$`),
        query: new Map(parameters.map(([key = '', judge = '']) => [key.replace('!', ''), judgeOf(judge)])),
        required: parameters.flatMap(([key = '']) => (key.endsWith('!') ? [key.slice(0, -1)] : [])),
      };
    });
  return rows.filter((row) => policy.allowPull || row.name !== 'image.pull');
}

function readQuery(raw: string, row: Endpoint): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of raw === '' ? [] : raw.split('&')) {
    const [, key = '', encoded = ''] =
      /^([A-Za-z]{1,16})=((?:[A-Za-z0-9\-._~/:,@*!'()]|%[0-9A-Fa-f]{2})*)$/.exec(pair) ?? [];
    const judge = row.query.get(key) ?? refuse('query.key', 'is malformed or not in the positive list');
    if (query.has(key)) refuse('query.key', 'is there twice');
    query.set(key, judge(decode(encoded)));
  }
  for (const key of row.required) if (!query.has(key)) refuse(`query.${key}`, 'is required');
  // Lists are never unfiltered: what is forced comes from judging the empty filter.
  if (row.query.has('filters') && !query.has('filters')) query.set('filters', row.query.get('filters')?.('{}') ?? '');
  return query;
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return refuse('query.value', 'is not valid UTF-8');
  }
}

/** Filters come as `{"key":["value"]}` or, from Go clients, as `{"key":{"value":true}}`; both become the first. */
function readFilters(text: string, patterns: Record<string, RegExp>): Record<string, string[]> {
  const document = findObject(readJson(Buffer.from(text))) ?? refuse('query.filters', 'must be an object');
  const filters: Record<string, string[]> = {};
  for (const [key, given] of Object.entries(document)) {
    const pattern = Object.hasOwn(patterns, key) ? patterns[key] : undefined;
    const set = Object.entries(findObject(given) ?? {});
    const values = Array.isArray(given) ? given : set.map(([value, on]) => (on === true ? value : null));
    if (
      !pattern ||
      values.length === 0 ||
      values.length > 64 ||
      !values.every((value) => typeof value === 'string' && pattern.test(value))
    )
      refuse('query.filters', 'have a key or value that is not in the positive list');
    filters[key] = values as string[];
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
    return JSON.stringify({ ...filters, label: [...(filters.label ?? []), `${OWNER_LABEL}=${owner}`] });
  };
}

function imageFilters(namespace: string): QueryJudge {
  const part = '[A-Za-z0-9_*][A-Za-z0-9._*-]{0,127}';
  const patterns = { reference: new RegExp(`^(?:docker\\.io/)?${namespace}${part}(?::${part})?$`) };
  return (text) => {
    const { reference = [`${namespace}*`] } = readFilters(text, patterns);
    return JSON.stringify({ reference: reference.map((name) => name.replace(/^docker\.io\//, '')) });
  };
}

/** dockerode repeats the query of a pull as its body. The daemon ignores it and so do we, but it must say nothing else. */
function judgeRepeatedQuery(document: Json, query: Map<string, string>): void {
  const entries = Object.entries(findObject(document) ?? refuse('body.pull', 'must be an object'));
  if (!entries.every(([key, value]) => String(value).replace(/^docker\.io\//, '') === query.get(key)))
    refuse('body.pull', 'must repeat the query or be left out');
}

const HUB = /^(?:(?:https?:\/\/)?(?:index\.|registry-1\.)?docker\.io(?:\/v[12]\/?)?)?$/;
const AUTH_KEYS = ['username', 'password', 'email', 'auth', 'identitytoken', 'registrytoken', 'serveraddress'];

/** Credentials pass for Docker Hub only, rebuilt from their known keys. */
function readRegistryAuth(header: string): string {
  const json = /^[A-Za-z0-9_-]+={0,2}$/.test(header) ? readJson(Buffer.from(header, 'base64url')) : null;
  const auth = findObject(json) ?? refuse('header.registry-auth', 'is not base64url of a JSON object');
  const known = Object.entries(auth).every(([key, value]) => AUTH_KEYS.includes(key) && typeof value === 'string');
  if (!known || !HUB.test(String(auth.serveraddress ?? ''))) refuse('header.registry-auth', 'is not for docker.io');
  const encoded = Buffer.from(JSON.stringify(auth)).toString('base64url');
  return encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=');
}
