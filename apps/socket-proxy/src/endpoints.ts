import { createJudge, imagePattern, OWNER_LABEL, repositoryPattern, SIGNAL } from './container-create.ts';
import { findObject, readJson } from './json-reader.ts';
import type { Policy } from './policy.ts';
import { Refusal, refuse } from './refusal.ts';
import type { RequestHead } from './request-head.ts';

/** A request that passed: what is sent is built from these values and from nothing else. */
export interface Permit {
  endpoint: string;
  method: string;
  /** The path behind the version; `{container}` stands for the full id of an owned container. */
  path: string;
  /** The container as the client named it: a full id or a name of ours. */
  container: string | undefined;
  query: string;
  body: string | undefined;
  registryAuth: string | undefined;
  /** Has no end in sight: no time-out, but counted. */
  isStream: boolean;
}

/** Judges one query value and returns its canonical form, or undefined where it is not allowed. */
type QueryJudge = (value: string) => string | undefined;
interface Endpoint {
  name: string;
  method: string;
  path: RegExp;
  query: Map<string, QueryJudge>;
  required: string[];
}

const CONTAINER = '(?<container>[0-9a-f]{64}|bigeye-run-[a-z0-9][a-z0-9-]{0,62})';
const STREAMS = ['container.logs', 'container.wait', 'container.stop', 'image.pull'];

/** All that is open; `!` marks a query parameter that is required. */
function openEndpoints(policy: Policy, owner: string): Endpoint[] {
  const bool = matching(/^(?:0|1|true|false)$/);
  const count = matching(/^\d{1,3}$/);
  const time = matching(/^\d{1,10}(?:\.\d{1,9})?$/);
  const tail = matching(/^(?:\d{1,9}|all)$/);
  const signal = matching(SIGNAL);
  const condition = matching(/^(?:not-running|next-exit|removed)$/);
  const runName = matching(/^bigeye-run-[a-z0-9][a-z0-9-]{0,62}$/);
  const platform = matching(new RegExp(`^(?:${policy.platforms.join('|')})$`));
  const repository = matching(new RegExp(`^(?:docker\\.io/)?(?<canonical>${repositoryPattern(policy)})$`));
  const name = policy.requireDigest ? '' : '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|';
  const tag = matching(new RegExp(`^(?:${name}sha256:[0-9a-f]{64})$`));
  const image = imagePattern(policy).source.slice(1, -1);
  const containers = { all: bool, limit: count, filters: ownContainers(owner) };
  const logs = { stdout: bool, stderr: bool, follow: bool, timestamps: bool, since: time, until: time, tail };
  const images = { all: bool, digests: bool, filters: ownImages(policy.imageNamespace) };
  const pull = open('image.pull', 'POST', '/images/create', { 'fromImage!': repository, 'tag!': tag, platform });
  return [
    open('version', 'GET', '/version'),
    open('info', 'GET', '/info'),
    open('container.list', 'GET', '/containers/json', containers),
    open('container.create', 'POST', '/containers/create', { 'name!': runName, platform }),
    open('container.inspect', 'GET', `/containers/${CONTAINER}/json`),
    open('container.logs', 'GET', `/containers/${CONTAINER}/logs`, logs),
    open('container.start', 'POST', `/containers/${CONTAINER}/start`),
    open('container.stop', 'POST', `/containers/${CONTAINER}/stop`, { t: count, signal }),
    open('container.kill', 'POST', `/containers/${CONTAINER}/kill`, { signal }),
    open('container.wait', 'POST', `/containers/${CONTAINER}/wait`, { condition }),
    open('container.remove', 'DELETE', `/containers/${CONTAINER}`, { force: bool, v: bool }),
    open('image.list', 'GET', '/images/json', images),
    open('image.inspect', 'GET', `/images/${image}/json`),
    ...(policy.allowPull ? [pull] : []),
  ];
}

function open(name: string, method: string, path: string, parameters: Record<string, QueryJudge> = {}): Endpoint {
  const query = new Map(Object.entries(parameters).map(([key, judge]) => [key.replace('!', ''), judge]));
  const required = Object.keys(parameters).flatMap((key) => (key.endsWith('!') ? [key.slice(0, -1)] : []));
  return { name, method, path: new RegExp(`^${path}$`), query, required };
}

function matching(pattern: RegExp): QueryJudge {
  return (value) => {
    const match = pattern.exec(value);
    return match?.groups?.canonical ?? match?.[0];
  };
}

/**
 * Builds the judge of requests, to be asked before the body is read. What it returns judges the body, of the length that
 * the head announced, and completes the permit. Both throw a Refusal.
 */
export function endpointJudge(policy: Policy, owner: string): (head: RequestHead) => (body: Uint8Array) => Permit {
  const endpoints = openEndpoints(policy, owner);
  const judgeCreate = createJudge(policy, owner);
  return ({ method, target, headers, bodyLength }) => {
    const [, path, rawQuery = ''] = /^(?:\/v1\.4[1-7])?(\/[A-Za-z0-9/._:@-]*)(?:\?(.*))?$/.exec(target) ?? [];
    if (path === undefined)
      throw new Refusal('path.form', 'The path is not canonical, or its version is not 1.41 to 1.47.');
    const atPath = endpoints.filter((endpoint) => endpoint.path.test(path));
    const endpoint = atPath.find((candidate) => candidate.method === method);
    if (!endpoint) throw new Refusal(`endpoint.${atPath[0] ? 'method' : 'unknown'}`, 'This endpoint is not open.');
    const query = readQuery(rawQuery, endpoint);
    const isPull = endpoint.name === 'image.pull';
    const isCreate = endpoint.name === 'container.create';
    if (bodyLength > 0 && !isCreate && !isPull) refuse('body.unexpected', 'This endpoint takes no body');
    if (bodyLength > policy.limits.bodyBytes) throw new Refusal('body.length', 'The body is too long.', 413);
    if (bodyLength > 0 && !headers.has('content-type')) refuse('header.content-type', 'must be application/json');
    const auth = headers.get('x-registry-auth');
    if (auth !== undefined && !isPull) refuse('header.registry-auth', 'only goes with a pull');
    const container = endpoint.path.exec(path)?.groups?.container;
    const permit: Permit = {
      endpoint: endpoint.name,
      method,
      path: container === undefined ? path.replace('/docker.io/', '/') : path.replace(container, '{container}'),
      container,
      query: [...query].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&'),
      body: undefined,
      registryAuth: auth === undefined ? undefined : readRegistryAuth(auth),
      isStream: STREAMS.includes(endpoint.name),
    };
    return (bytes) => {
      if (isCreate) return { ...permit, body: JSON.stringify(judgeCreate(readJson(bytes))) };
      if (bytes.length > 0) judgeRepeatedQuery(bytes, query);
      return permit;
    };
  };
}

function readQuery(raw: string, endpoint: Endpoint): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of raw === '' ? [] : raw.split('&')) {
    const [, key = '', value = ''] =
      /^([A-Za-z]{1,16})=((?:[A-Za-z0-9\-._~/:,@*!'()]|%[0-9A-Fa-f]{2})*)$/.exec(pair) ?? [];
    const judge = endpoint.query.get(key) ?? refuse('query.key', 'is malformed or not in the positive list');
    if (query.has(key)) refuse('query.key', 'is there twice');
    query.set(key, judge(decode(value)) ?? refuse('query.value', `of ${key} is not allowed`));
  }
  for (const key of endpoint.required) if (!query.has(key)) refuse(`query.${key}`, 'is required');
  // Lists are never unfiltered: what is forced comes from judging the empty filter.
  const forced = query.has('filters') ? undefined : endpoint.query.get('filters')?.('{}');
  return forced === undefined ? query : query.set('filters', forced);
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return refuse('query.value', 'is not valid UTF-8');
  }
}

/** Filters come as `{"key":["value"]}` or, from Go clients, as `{"key":{"value":true}}`; both become the first. */
function readFilters(text: string, patterns: Map<string, RegExp>): Record<string, string[]> {
  const document = findObject(readJson(Buffer.from(text))) ?? refuse('query.filters', 'must be an object');
  const filters = Object.entries(document).map(([key, given]) => {
    const set = Object.entries(findObject(given) ?? {});
    const values = Array.isArray(given) ? given : set.map(([value, on]) => (on === true ? value : null));
    const isAllowed = (value: unknown) => typeof value === 'string' && patterns.get(key)?.test(value) === true;
    if (values.length === 0 || values.length > 64 || !values.every(isAllowed))
      refuse('query.filters', 'have a key or value that is not in the positive list');
    return [key, values];
  });
  return Object.fromEntries(filters);
}

function ownContainers(owner: string): QueryJudge {
  const patterns = new Map([
    ['label', /^com\.bigeye\.run\.[A-Za-z0-9._-]{1,63}(?:=[ -~]{0,256})?$/],
    ['status', /^(?:created|running|removing|paused|exited|dead)$/],
    ['name', /^\^?\/?bigeye-run-[a-z0-9-]{0,63}\$?$/],
    ['id', /^[0-9a-f]{64}$/],
  ]);
  return (text) => {
    const filters = readFilters(text, patterns);
    return JSON.stringify({ ...filters, label: [...(filters.label ?? []), `${OWNER_LABEL}=${owner}`] });
  };
}

function ownImages(namespace: string): QueryJudge {
  const part = '[A-Za-z0-9_*][A-Za-z0-9._*-]{0,127}';
  const patterns = new Map([['reference', new RegExp(`^(?:docker\\.io/)?${namespace}${part}(?::${part})?$`)]]);
  return (text) => {
    const { reference = [`${namespace}*`] } = readFilters(text, patterns);
    return JSON.stringify({ reference: reference.map((name) => name.replace(/^docker\.io\//, '')) });
  };
}

/** dockerode repeats the query of a pull as its body. The daemon ignores it and so do we, but it must say nothing else. */
function judgeRepeatedQuery(body: Uint8Array, query: Map<string, string>): void {
  const entries = Object.entries(findObject(readJson(body)) ?? refuse('body.pull', 'must be an object'));
  if (!entries.every(([key, value]) => String(value).replace(/^docker\.io\//, '') === query.get(key)))
    refuse('body.pull', 'must repeat the query or be left out');
}

const HUB = /^(?:(?:https:\/\/)?(?:index\.|registry-1\.)?docker\.io(?:\/v[12]\/?)?)?$/;
const AUTH_KEYS = ['username', 'password', 'email', 'auth', 'identitytoken', 'registrytoken', 'serveraddress'];

/** Credentials pass for Docker Hub only, rebuilt from their known keys. */
function readRegistryAuth(header: string): string {
  const auth = findObject(readJson(Buffer.from(header, 'base64url'))) ?? refuse('header.registry-auth', 'is no object');
  const known = Object.entries(auth).every(([key, value]) => AUTH_KEYS.includes(key) && typeof value === 'string');
  if (!known || !HUB.test(String(auth.serveraddress ?? ''))) refuse('header.registry-auth', 'is not for docker.io');
  const encoded = Buffer.from(JSON.stringify(auth)).toString('base64url');
  return encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=');
}
