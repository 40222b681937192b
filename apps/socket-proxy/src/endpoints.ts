import { createJudge, imagePattern, OWNER_LABEL, repositoryPattern, signal } from './container-create.ts';
import { findObject, type Json, type JsonObject, readJson } from './json-reader.ts';
import type { Policy } from './policy.ts';
import { Refusal, refuse } from './refusal.ts';
import type { RequestHead } from './request-head.ts';
import { type Judge, listOf, object, oneOf, text } from './shape.ts';
import { bindSourcesOf } from './sources.ts';

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
  /** Host folders that the new container is to mount. */
  sources: string[];
  registryAuth: string | undefined;
  /** Has no end in sight: no time-out, but counted. */
  isStream: boolean;
}

interface Endpoint {
  name: string;
  method: string;
  path: RegExp;
  /** Judges an object whose values are texts, decoded. */
  query: Judge;
}

const TARGET = /^(?:\/v1\.4[1-7])?(?<path>\/[A-Za-z0-9/._:@-]*)(?:\?(?<rawQuery>.*))?$/;
const PARAMETER = /^(?<key>[A-Za-z]{1,16})=(?<value>(?:[\w\-.~/:,@*!'()]|%[0-7][0-9A-Fa-f])*)$/;
const RUN_NAME = 'bigeye-run-[a-z0-9][a-z0-9-]{0,62}';
const CONTAINER = `(?<container>[0-9a-f]{64}|${RUN_NAME})`;
const STREAMS = ['container.logs', 'container.wait', 'container.stop', 'image.pull'];

/** All that is open; `!` marks a query parameter that is required. */
function openEndpoints(policy: Policy, owner: string): Endpoint[] {
  const bool = oneOf('0', '1', 'true', 'false');
  const count = text(/^\d{1,3}$/, 'must be a number of three digits at most');
  const time = text(/^\d{1,10}(?:\.\d{1,9})?$/, 'must be a Unix time');
  const tail = text(/^(?:\d{1,9}|all)$/, 'must be a number or all');
  const condition = oneOf('not-running', 'next-exit', 'removed');
  const name = text(new RegExp(`^${RUN_NAME}$`), 'must begin with bigeye-run-');
  const platform = oneOf(...policy.platforms);
  const repository = text(new RegExp(`^(?:docker\\.io/)?${repositoryPattern(policy)}$`), 'must be of the namespace');
  const anyTag = policy.requireDigest ? '' : '[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|';
  const tag = text(new RegExp(`^(?:${anyTag}sha256:[0-9a-f]{64})$`), 'must be a tag or digest that the policy allows');
  const image = imagePattern(policy).source.slice(1, -1);
  const containers = { all: bool, limit: count, filters: ownContainers(owner) };
  const logs = { 'stdout stderr follow timestamps': bool, 'since until': time, tail };
  const images = { 'all digests': bool, filters: ownImages(policy.imageNamespace) };
  const pull = open('image.pull', 'POST', '/images/create', { 'fromImage!': onHub(repository), 'tag!': tag, platform });
  // One look, and at once: the daemon would otherwise send on and on, or wait a second for a second look.
  const oneLook = object({ 'stream!': oneOf('0') });
  const stats: Endpoint = {
    ...open('container.stats', 'GET', `/containers/${CONTAINER}/stats`),
    query: (value, at) => ({ ...(oneLook(value, at) as object), 'one-shot': '1' }),
  };
  return [
    open('version', 'GET', '/version'),
    open('info', 'GET', '/info'),
    open('container.list', 'GET', '/containers/json', containers),
    open('container.create', 'POST', '/containers/create', { 'name!': name, platform }),
    open('container.inspect', 'GET', `/containers/${CONTAINER}/json`),
    open('container.logs', 'GET', `/containers/${CONTAINER}/logs`, logs),
    open('container.start', 'POST', `/containers/${CONTAINER}/start`),
    open('container.stop', 'POST', `/containers/${CONTAINER}/stop`, { t: count, signal }),
    open('container.kill', 'POST', `/containers/${CONTAINER}/kill`, { signal }),
    open('container.wait', 'POST', `/containers/${CONTAINER}/wait`, { condition }),
    open('container.remove', 'DELETE', `/containers/${CONTAINER}`, { 'force v': bool }),
    open('image.list', 'GET', '/images/json', images),
    open('image.inspect', 'GET', `/images/${image}/json`),
    ...(policy.allowPull ? [pull] : []),
    ...(policy.allowStats ? [stats] : []),
  ];
}

function open(name: string, method: string, path: string, query: Record<string, Judge> = {}): Endpoint {
  return { name, method, path: new RegExp(`^${path}$`), query: object(query) };
}

/**
 * Builds the judge of requests, to be asked before the body is read. What it returns judges the body, of the length that
 * the head announced, and completes the permit. Both throw a Refusal.
 */
export function endpointJudge(policy: Policy, owner: string): (head: RequestHead) => (body: Uint8Array) => Permit {
  const endpoints = openEndpoints(policy, owner);
  const judgeCreate = createJudge(policy, owner);
  return ({ method, target, headers, bodyLength }) => {
    const { path = '', rawQuery = '' } = TARGET.exec(target)?.groups ?? {};
    if (path === '') throw new Refusal('path.form', 'The path is not canonical, or its version is not 1.41 to 1.47.');
    const atPath = endpoints.filter((endpoint) => endpoint.path.test(path));
    const endpoint = atPath.find((candidate) => candidate.method === method);
    if (!endpoint) throw new Refusal(`endpoint.${atPath[0] ? 'method' : 'unknown'}`, 'This endpoint is not open.');
    const given = readQuery(rawQuery);
    // Lists are never unfiltered: what is forced comes from judging the empty filter.
    if (endpoint.name.endsWith('.list')) given.filters ??= '{}';
    const query = (endpoint.query(given, 'query') ?? {}) as Record<string, string>;
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
      query: Object.entries(query)
        .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
        .join('&'),
      body: undefined,
      sources: [],
      registryAuth: auth === undefined ? undefined : readRegistryAuth(auth),
      isStream: STREAMS.includes(endpoint.name),
    };
    return (bytes) => {
      if (isCreate) {
        const created = judgeCreate(readJson(bytes));
        return { ...permit, body: JSON.stringify(created), sources: bindSourcesOf(created.HostConfig.Mounts) };
      }
      if (bytes.length > 0) judgeRepeatedQuery(bytes, query);
      return permit;
    };
  };
}

/** Reads a query in which no key comes twice, and of which nothing but ASCII is escaped. */
function readQuery(raw: string): JsonObject {
  const query: JsonObject = {};
  for (const pair of raw === '' ? [] : raw.split('&')) {
    const { key = '', value = '' } = PARAMETER.exec(pair)?.groups ?? {};
    if (key === '' || Object.hasOwn(query, key)) return refuse('query', 'is malformed or has a key twice');
    query[key] = decodeURIComponent(value);
  }
  return query;
}

/** What `judge` says, without the name of the one registry that is ever asked. */
function onHub(judge: Judge): Judge {
  return (value, at) => String(judge(value, at)).replace('docker.io/', '');
}

/** Filters come as `{"key":["value"]}` or, from Go clients, as `{"key":{"value":true}}`; both become the first. */
function filters(fields: Record<string, Judge>, force: (given: Record<string, unknown[]>) => object): Judge {
  const judge = object(fields);
  return (text, at) => {
    const document = findObject(readJson(Buffer.from(String(text)))) ?? refuse(at, 'must be an object');
    const lists = Object.entries(document).map(([key, given]): [string, Json] => {
      const set = Object.entries(findObject(given) ?? {}).map(([value, isOn]) => (isOn === true ? value : null));
      return [key, set.length > 0 ? set : given];
    });
    return JSON.stringify(force((judge(Object.fromEntries(lists), at) ?? {}) as Record<string, unknown[]>));
  };
}

function ownContainers(owner: string): Judge {
  const entry = (pattern: RegExp) => listOf(text(pattern, 'has a value that is not in the positive list'), 64);
  const fields = {
    label: entry(/^com\.bigeye\.run\.[A-Za-z0-9._-]{1,63}(?:=[ -~]{0,256})?$/),
    status: entry(/^(?:created|running|removing|paused|exited|dead)$/),
    name: entry(/^\^?\/?bigeye-run-[a-z0-9-]{0,63}\$?$/),
    id: entry(/^[0-9a-f]{64}$/),
  };
  return filters(fields, ({ label = [], ...given }) => ({ ...given, label: [...label, `${OWNER_LABEL}=${owner}`] }));
}

function ownImages(namespace: string): Judge {
  const part = '[A-Za-z0-9_*][A-Za-z0-9._*-]{0,127}';
  const name = text(new RegExp(`^(?:docker\\.io/)?${namespace}${part}(?::${part})?$`), 'must be of the namespace');
  return filters({ reference: listOf(onHub(name), 64) }, ({ reference = [`${namespace}*`] }) => ({ reference }));
}

/** dockerode repeats the query of a pull as its body. The daemon ignores it and so do we, but it must say nothing else. */
function judgeRepeatedQuery(body: Uint8Array, query: Record<string, string>): void {
  const entries = Object.entries(findObject(readJson(body)) ?? refuse('body.pull', 'must be an object'));
  if (!entries.every(([key, value]) => String(value).replace('docker.io/', '') === query[key]))
    refuse('body.pull', 'must repeat the query or be left out');
}

const HUB = /^(?:(?:https:\/\/)?(?:index\.|registry-1\.)?docker\.io(?:\/v[12]\/?)?)?$/;
const REGISTRY_AUTH = object({
  'username password email auth identitytoken registrytoken': text(/^/, 'must be text'),
  serveraddress: text(HUB, 'must be docker.io'),
});

/** Credentials pass for Docker Hub only, rebuilt from their known keys. */
function readRegistryAuth(header: string): string {
  const auth = REGISTRY_AUTH(readJson(Buffer.from(header, 'base64url')), 'header.registry-auth') ?? {};
  return Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
