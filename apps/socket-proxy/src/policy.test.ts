import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  countedRequests,
  FOREIGN_ID,
  GOOD_CREATE,
  type GuardUnderTest,
  guardUnderTest,
  json as jsonAnswer,
  OWN_ID,
  POLICY,
} from '../test-tools/guard-under-test.ts';

const RUNS = '/var/lib/bigeye/runs';
const create = '/v1.44/containers/create?name=bigeye-run-job-42';
const json = { 'Content-Type': 'application/json' };
const own = `/v1.44/containers/${OWN_ID}`;
const good = GOOD_CREATE.HostConfig;
const bind = good.Mounts[0];

/** Fields of the body by path, replaced one at a time: `HostConfig.` fields first, then the top level. */
const HOST: [field: string, ...values: unknown[]][] = [
  [
    'NetworkMode',
    'host',
    'bridge',
    'default',
    'container:x',
    'ns:/proc/1/ns/net',
    '',
    'BIGEYE-AGENTS',
    undefined,
    ['none'],
  ],
  ['CapDrop', undefined, [], ['all'], ['NET_RAW'], ['ALL', 'ALL'], 'ALL'],
  [
    'SecurityOpt',
    undefined,
    [],
    ['seccomp=unconfined'],
    ['no-new-privileges:false'],
    ['no-new-privileges', 'label=disable'],
    ['disable'],
  ],
  ['ReadonlyRootfs', false, undefined, 'true', 1],
  ['Memory', 0, -1, 33554431, 8589934593, undefined, '536870912'],
  ['MemorySwap', -1, 536870913],
  ['NanoCpus', 99999999, 8000000001, undefined],
  ['PidsLimit', 0, -1, 4097],
  ['ShmSize', -1, 536870913],
  ['IpcMode', 'host', 'shareable', 'container:x'],
  ['CgroupnsMode', 'host'],
  ['Init', 1, 'true'],
  [
    'Binds',
    ['/:/workspace:ro'],
    [`${RUNS}/job:/workspace`],
    [`${RUNS}/job:/workspace:rw,z`],
    [`${RUNS}/job/x:/out:rw`],
    ['vol:/out:rw'],
    [`${RUNS}/job:/in:rw`],
    [`${RUNS}/..:/out:rw`],
    [`${RUNS}:/out:rw`],
    [`${RUNS}/job:/workspace:rw`],
    '/:/x',
    [null],
  ],
  [
    'Mounts',
    [{ ...bind, Source: '/' }],
    [{ ...bind, Source: RUNS }],
    [{ ...bind, Source: `${RUNS}/` }],
    [{ ...bind, Source: `${RUNS}/a/b` }],
    [{ ...bind, Source: `${RUNS}/.` }],
    [{ ...bind, Source: undefined }],
    [{ ...bind, Target: undefined }],
    [{ Type: 'tmpfs', Target: '/run', TmpfsOptions: { Mode: 1 } }],
    [{ ...bind, Target: '/etc' }],
    [{ ...bind, Target: '/in' }],
    [{ ...bind, Type: 'volume' }],
    [{ ...bind, Type: 'image' }],
    [{ ...bind, Type: 'Bind' }],
    [{ ...bind, BindOptions: { Propagation: 'shared' } }],
    [{ ...bind, VolumeOptions: { NoCopy: true } }],
    [{ ...bind, Consistency: 'cached' }],
    [{ ...bind, source: '/' }],
    [bind, bind],
    [{ Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 1 } }],
    [{ Type: 'tmpfs', Target: '/run' }],
    [{ Type: 'tmpfs', Target: '/run', TmpfsOptions: { SizeBytes: 0 } }],
    [{ Type: 'tmpfs', Target: '/run', TmpfsOptions: { SizeBytes: 9, Mode: 2048 } }],
    [{ Type: 'tmpfs', Target: '/run', TmpfsOptions: { SizeBytes: 9, Options: [['exec']] } }],
    {},
    [null],
  ],
  [
    'Tmpfs',
    { '/tmp': '' },
    { '/tmp': 'noexec,nosuid,nodev' },
    { '/tmp': 'noexec,nosuid,nodev,size=2g' },
    { '/tmp': 'noexec,nosuid,nodev,size=0' },
    { '/tmp': 'noexec,nosuid,nodev,size=50%' },
    { '/tmp': 'exec,noexec,nosuid,nodev,size=1m' },
    { '/tmp': 'noexec,nosuid,nodev,size=1m,size=900g' },
    { '/tmp': 'rw,ro,noexec,nosuid,nodev,size=1m' },
    { '/tmp': 'noexec,nosuid,nodev,size=1m,mode=4777' },
    { '/etc': 'noexec,nosuid,nodev,size=1m' },
    { '/tmp/': 'noexec,nosuid,nodev,size=1m' },
    { '/tmp': ['noexec,nosuid,nodev,size=1m'] },
    [],
  ],
  [
    'LogConfig',
    { Type: 'syslog', Config: {} },
    { Type: 'json-file' },
    { Type: 'json-file', Config: { 'max-file': '3' } },
    { Type: '', Config: { 'max-size': '1m' } },
    { Type: 'local', Config: { 'max-size': '-1' } },
    { Type: 'local', Config: { 'max-size': '9g' } },
    { Type: 'local', Config: { 'max-size': ['1m'] } },
    { Type: 'local', Config: { 'max-size': '1m', labels: 'x' } },
    { Type: 'none', Config: {} },
  ],
  ['RestartPolicy', { Name: 'on-failure' }, { Name: 'unless-stopped' }, { Name: 'no', MaximumRetryCount: 1 }],
  [
    'Ulimits',
    [{ Name: 'nofile', Soft: 1, Hard: 65537 }],
    [{ Name: 'nofile', Soft: 2, Hard: 1 }],
    [{ Name: 'nproc', Soft: -1, Hard: -1 }],
    [{ Name: 'core', Soft: 0, Hard: 1 }],
    [{ Name: 'rtprio', Soft: 0, Hard: 0 }],
    [{ Name: 'nofile', Soft: 1 }],
    [
      { Name: 'core', Soft: 0, Hard: 0 },
      { Name: 'core', Soft: 0, Hard: 0 },
    ],
  ],
  ['MaskedPaths', []],
  ['ReadonlyPaths', []],
  ...'Privileged PublishAllPorts OomKillDisable'.split(' ').map((name): [string, unknown] => [name, true]),
  ...'CapAdd Capabilities GroupAdd VolumesFrom Links Devices DeviceCgroupRules DeviceRequests ExtraHosts Dns DnsOptions DnsSearch BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps'
    .split(' ')
    .map((name): [string, unknown, unknown] => [name, ['x'], '']),
  ...'PortBindings StorageOpt Annotations Sysctls'
    .split(' ')
    .map((name): [string, unknown, unknown] => [name, { x: 'y' }, []]),
  ...'PidMode UTSMode UsernsMode Cgroup CgroupParent Isolation VolumeDriver Runtime CpusetCpus CpusetMems ContainerIDFile'
    .split(' ')
    .map((name): [string, unknown, unknown] => [name, 'host', false]),
  ...'OomScoreAdj MemorySwappiness MemoryReservation KernelMemory KernelMemoryTCP CpuShares CpuPeriod CpuQuota BlkioWeight CpuRealtimePeriod CpuRealtimeRuntime CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth'
    .split(' ')
    .map((name): [string, unknown, unknown] => [name, 1, '0']),
  ['ConsoleSize', [1, 0]],
  ['privileged', true],
  ['NetworKMode', 'host'],
  ['Future', false],
  ['__proto__x', {}],
];
const TOP: [field: string, ...values: unknown[]][] = [
  [
    'Image',
    'alpine:3',
    'bigeyedata/agent',
    'bigeyedata/agent:latest@sha256:00',
    `sha256:${'a'.repeat(64)}`,
    'ghcr.io/bigeyedata/agent:1',
    'index.docker.io/bigeyedata/agent:1',
    'BIGEYEDATA/agent:1',
    'bigeyedata/a/b:1',
    'bigeyedata/agent:1\n',
    ['bigeyedata/agent:1'],
    undefined,
  ],
  ['User', '', '0', '0:0', '10001', '10001:0', 'root', '010:010', '2147483648:1', '1:4294967296', 10001, undefined],
  [
    'Cmd',
    'run',
    ['sh'],
    [''],
    ['--', 'run'],
    ['run', 1],
    [['run']],
    Array(65).fill('run'),
    ['run', 'x'.repeat(33000)],
    ['run', '\0'],
  ],
  [
    'Env',
    ['PATH=/x'],
    ['LD_PRELOAD=x'],
    ['NODE_OPTIONS=x'],
    ['BIGEYE_X'],
    ['BIGEYE_=1'],
    ['BIGEYE_X=1', 'BIGEYE_X=2'],
    ['BIGEYE_X=\0'],
    ['TZ=/workspace/x'],
    ['TZ=:/x'],
    ['LANG=../x'],
    ['bigeye_x=1'],
    'TZ=UTC',
    [null],
  ],
  [
    'Labels',
    { 'com.docker.compose.project': 'x' },
    { 'com.bigeye.proxy.owner': 'other' },
    { 'com.bigeye.run.': 'x' },
    { 'com.bigeye.run.x': 'é' },
    { 'com.bigeye.run.x': 1 },
    { 'com.bigeye.run.x': 'y', other: 'y' },
    Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`com.bigeye.run.x${at}`, 'y'])),
    { 'com.bigeye.run.x': 'a\nb' },
    { 'com.bigeye.run.x': 'a'.repeat(257) },
    [],
  ],
  ['WorkingDir', '/', '/workspace/', '/workspace/..', 'workspace'],
  ['Hostname', 'docker-socket-proxy', 'bigeye-agent-orchestrator', 'localhost', 'a.b', '-a', 'A', 'a'.repeat(64)],
  ['StopSignal', 'XTERM', 'TERMX', 'SIGSTOP', '9', 'sigterm', 'SIGHUP'],
  ['StopTimeout', -1, 601, '1'],
  ['Healthcheck', { Test: ['CMD', 'x'] }, { Test: ['NONE', 'x'] }, { Test: ['NONE'], Interval: 1 }, { Test: 'NONE' }],
  ['Entrypoint', ['sh'], [''], 'sh', ''],
  [
    'NetworkingConfig',
    { EndpointsConfig: { none: {} } },
    { EndpointsConfig: { 'bigeye-agents': {}, none: {} } },
    { EndpointsConfig: { 'bigeye-agents': { Aliases: ['docker-socket-proxy'] } } },
    { EndpointsConfig: { 'bigeye-agents': { IPAMConfig: { IPv4Address: '10.0.0.1' } } } },
    { EndpointsConfig: { 'bigeye-agents': { Evil: null } } },
    { EndpointsConfig: { host: null } },
  ],
  ['AttachStdout', 'true', 1],
  ['ExposedPorts', { '80/tcp': {} }],
  ['Volumes', { '/x': {} }],
  ...'Domainname MacAddress'.split(' ').map((name): [string, unknown] => [name, 'x']),
  ...'ArgsEscaped AttachStdin OpenStdin StdinOnce Tty'
    .split(' ')
    .map((name): [string, unknown, unknown] => [name, true, 0]),
  ...'Shell OnBuild'.split(' ').map((name): [string, unknown] => [name, ['x']]),
  ['HostConfig', undefined, null, [], 'x', {}],
  ['image', 'evil/x:1'],
];

/** All headers that are taken and mean nothing: 17, to which a request adds Host and Connection. */
const PLAIN_HEADERS = Object.fromEntries(
  `user-agent accept accept-language accept-encoding keep-alive sec-fetch-mode traceparent tracestate x-original-url
  x-rewrite-url x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-port x-forwarded-prefix x-forwarded-uri x-real-ip`
    .split(/\s+/)
    .map((name) => [name, 'a']),
);

/** Attacks beside the body: rule that must decide, method, target, headers, body. */
const REQUESTS: [rule: string, method: string, target: string, headers?: Record<string, string>, body?: string][] = [
  ...'/_ping /events /v1.44/events /v1.44/networks /v1.44/volumes /v1.44/system/df /v1.44/exec/a/json /v1.44/images/search /v1.44/images/bigeyedata/agent:1/history /v1.44/images/bigeyedata/agent:1/get /v1.44/images/alpine:3/json /v1.44/images/bigeyedata/agent/json /v1.44/distribution/bigeyedata/agent:1/json'
    .split(' ')
    .map((target): [string, string, string] => ['endpoint.unknown', 'GET', target]),
  ...'attach exec resize rename update restart pause unpause checkpoints'
    .split(' ')
    .map((action): [string, string, string] => ['endpoint.unknown', 'POST', `${own}/${action}`]),
  ...'archive export changes top stats attach/ws'
    .split(' ')
    .map((action): [string, string, string] => ['endpoint.unknown', 'GET', `${own}/${action}`]),
  ...'/v1.44/build /v1.44/commit /v1.44/auth /v1.44/images/load /v1.44/images/prune /v1.44/containers/prune /v1.44/volumes/create /v1.44/images/bigeyedata/agent:1/tag /v1.44/images/bigeyedata/agent:1/push'
    .split(' ')
    .map((target): [string, string, string] => ['endpoint.unknown', 'POST', target]),
  ['endpoint.unknown', 'DELETE', '/v1.44/images/bigeyedata/agent:1'],
  ['endpoint.method', 'POST', '/v1.44/version'],
  ['endpoint.method', 'HEAD', '/v1.44/version'],
  ['endpoint.method', 'PUT', create, json, '{}'],
  ['endpoint.method', 'GET', create],
  ['endpoint.unknown', 'GET', '/v1.40/version'],
  ['endpoint.unknown', 'GET', '/v1.48/version'],
  ['endpoint.unknown', 'GET', '/v1.44/v1.44/version'],
  ['endpoint.unknown', 'GET', '//version'],
  ['endpoint.unknown', 'GET', '/version/'],
  ['endpoint.unknown', 'GET', '/Version'],
  ['endpoint.unknown', 'GET', '/version/../info'],
  ['path.form', 'GET', '/%76ersion'],
  ['path.form', 'GET', 'http://docker/version'],
  ['path.form', 'GET', '/version;x'],
  ['path.form', 'GET', '/version#x'],
  ['path.form', 'GET', '/containers\\json'],
  ['path.form', 'GET', '*'],
  ['query.unknown-key', 'GET', '/version?x=1'],
  ['query.unknown-key', 'GET', '/containers/json?size=1'],
  ['query', 'GET', '/containers/json?all'],
  ['query', 'GET', '/containers/json?all=1&all=1'],
  ['query', 'GET', '/containers/json?%61ll=1'],
  ['query', 'GET', '/containers/json?all=1;size=1'],
  ['query', 'GET', '/containers/json?all=1&'],
  ['query.all', 'GET', '/containers/json?all=on'],
  ['query.filters.unknown-key', 'GET', `/containers/json?filters=${encodeURIComponent('{"volume":["/"]}')}`],
  [
    'query.filters.label',
    'GET',
    `/containers/json?filters=${encodeURIComponent('{"label":["com.bigeye.proxy.owner=x"]}')}`,
  ],
  ['query.filters', 'GET', `/containers/json?filters=${encodeURIComponent('[]')}`],
  ['json.duplicate-key', 'GET', `/containers/json?filters=${encodeURIComponent('{"id":[],"id":[]}')}`],
  ['query.filters.reference', 'GET', `/images/json?filters=${encodeURIComponent('{"reference":["*"]}')}`],
  ['query.filters.reference', 'GET', `/images/json?filters=${encodeURIComponent('{"reference":["bigeyedata/../x"]}')}`],
  ['query.unknown-key', 'POST', `${own}/start?checkpoint=x`],
  ['query.unknown-key', 'POST', `${own}/start?detachKeys=x`],
  ['query.signal', 'POST', `${own}/kill?signal=9`],
  ['query.t', 'POST', `${own}/stop?t=-1`],
  ['query.condition', 'POST', `${own}/wait?condition=`],
  ['query.condition', 'POST', `${own}/wait?condition=xnot-running`],
  ['query.condition', 'POST', `${own}/wait?condition=removedx`],
  ['query.all', 'GET', '/containers/json?all=x0'],
  ['query.all', 'GET', '/containers/json?all=truex'],
  ['query.filters.status', 'GET', `/containers/json?filters=${encodeURIComponent('{"status":["deadx"]}')}`],
  [
    'query.filters.status',
    'GET',
    `/containers/json?filters=${encodeURIComponent(JSON.stringify({ status: Array(65).fill('dead') }))}`,
  ],
  ['query.unknown-key', 'DELETE', `${own}?link=1`],
  ['query.force', 'DELETE', `${own}?force=off`],
  ['query.unknown-key', 'GET', `${own}/logs?details=1`],
  ['query.since', 'GET', `${own}/logs?since=now`],
  ['body.unexpected', 'POST', `${own}/start`, json, '{}'],
  ['owner.foreign', 'POST', `/v1.44/containers/${FOREIGN_ID}/start`],
  ['owner.foreign', 'GET', `/v1.44/containers/${FOREIGN_ID}/json`],
  ['owner.foreign', 'DELETE', `/v1.44/containers/${FOREIGN_ID}`],
  ['owner.not-found', 'POST', '/v1.44/containers/bigeye-run-gone/start'],
  ['endpoint.unknown', 'POST', '/v1.44/containers/prod-postgres/start'],
  ['endpoint.unknown', 'POST', `/v1.44/containers/${OWN_ID.slice(0, 12)}/start`],
  ['endpoint.unknown', 'POST', `/v1.44/containers/${OWN_ID.toUpperCase()}/start`],
  ['query.name', 'POST', '/v1.44/containers/create', json, JSON.stringify(GOOD_CREATE)],
  ['query.name', 'POST', '/v1.44/containers/create?name=other', json, JSON.stringify(GOOD_CREATE)],
  ['query.platform', 'POST', `${create}&platform=windows/amd64`, json, JSON.stringify(GOOD_CREATE)],
  ['header.content-type', 'POST', create, {}, JSON.stringify(GOOD_CREATE)],
  ['header', 'POST', create, { 'Content-Type': 'application/json; charset=utf-16' }, JSON.stringify(GOOD_CREATE)],
  ['header', 'POST', create, { ...json, 'Content-Encoding': 'gzip' }, JSON.stringify(GOOD_CREATE)],
  ['header', 'POST', create, { ...json, 'X-HTTP-Method-Override': 'PUT' }, JSON.stringify(GOOD_CREATE)],
  ['header', 'POST', create, { ...json, Expect: '100-continue' }, JSON.stringify(GOOD_CREATE)],
  ['header', 'GET', '/version', { Upgrade: 'tcp', Connection: 'Upgrade' }],
  ['header', 'GET', '/version', { Origin: 'http://evil.example' }],
  ['header', 'GET', '/version', { Connection: 'close, te' }],
  ['header', 'GET', '/version', { Connection: 'te, close' }],
  ['header', 'GET', '/version', { 'Content-Length': '00' }],
  ['header', 'GET', '/version', { 'Content-Length': '1234567890' }],
  [
    'framing.header-count',
    'GET',
    '/version',
    { ...PLAIN_HEADERS, 'Content-Type': 'application/json', 'Content-Length': '0' },
  ],
  ['header', 'GET', '/version', { 'Content-Length': '+0' }],
  ['header', 'GET', '/version', { 'Content-Length': '0, 0' }],
  ['header.registry-auth', 'GET', '/version', { 'X-Registry-Auth': 'e30=' }],
  ['body.length', 'POST', create, json, `{"x":"${'x'.repeat(131072)}"}`],
  ['json.syntax', 'POST', create, json],
  ['query.fromImage', 'POST', '/images/create?fromImage=alpine&tag=3'],
  ['query.fromImage', 'POST', '/images/create?fromImage=bigeyedata/agent:1&tag=1'],
  ['query.tag', 'POST', '/images/create?fromImage=bigeyedata/agent'],
  ['query.tag', 'POST', '/images/create?fromImage=bigeyedata/agent&tag='],
  ['query.unknown-key', 'POST', '/images/create?fromImage=bigeyedata/agent&tag=1&fromSrc=-'],
  ['query.unknown-key', 'POST', '/images/create?fromImage=bigeyedata/agent&tag=1&changes=CMD'],
  ['body.pull', 'POST', '/images/create?fromImage=bigeyedata/agent&tag=1', json, '{"fromImage":"evil/x"}'],
  ['body.pull', 'POST', '/images/create?fromImage=bigeyedata/agent&tag=1', json, '[]'],
  ['body.pull', 'POST', '/images/create?fromImage=bigeyedata/agent&tag=1', json, '{"tag":"1","fromImage":"evil/x"}'],
  [
    'header',
    'POST',
    '/images/create?fromImage=bigeyedata/agent&tag=1',
    { 'Content-Type': 'application/x-www-form-urlencoded' },
    'fromImage=evil/x',
  ],
  ['header', 'POST', '/images/create?fromImage=bigeyedata/agent&tag=1', { 'X-Meta-A': 'b' }],
  [
    'header.registry-auth.serveraddress',
    'POST',
    '/images/create?fromImage=bigeyedata/agent&tag=1',
    { 'X-Registry-Auth': Buffer.from('{"serveraddress":"evil.io"}').toString('base64url') },
  ],
  [
    'header.registry-auth.unknown-key',
    'POST',
    '/images/create?fromImage=bigeyedata/agent&tag=1',
    { 'X-Registry-Auth': Buffer.from('{"evil":"x"}').toString('base64url') },
  ],
];

const withHost = (field: string, value: unknown) =>
  JSON.stringify({ ...GOOD_CREATE, HostConfig: { ...good, [field]: value } });
const withTop = (field: string, value: unknown) => JSON.stringify({ ...GOOD_CREATE, [field]: value });
const bodies = [
  ...HOST.flatMap(([field, ...values]) =>
    values.map((value) => ({ field, at: 'create.HostConfig', body: withHost(field, value) })),
  ),
  ...TOP.flatMap(([field, ...values]) => values.map((value) => ({ field, at: 'create', body: withTop(field, value) }))),
];

describe('the policy', () => {
  let guard: GuardUnderTest;
  beforeAll(async () => {
    guard = await guardUnderTest();
  });
  afterAll(() => guard[Symbol.asyncDispose]());
  beforeEach(() => {
    guard.forwarded.length = 0;
  });

  test.each(bodies)('create is refused by the field $field: $body', async ({ at, field, body }) => {
    const answer = await guard.request('POST', create, json, body);
    expect(guard.forwarded).toEqual([]);
    expect(answer.status).toBe(403);
    const rules = [`${at}.${field}`, `${at}.unknown-key`, 'create.HostConfig.Mounts'];
    expect(rules.some((rule) => answer.rule?.startsWith(rule))).toBe(true);
  });

  test.each(REQUESTS)('%s refuses %s %s', async (rule, method, target, headers, body) => {
    const answer = await guard.request(method, target, headers, body);
    expect(countedRequests(guard, false)).toEqual([]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    if (method !== 'HEAD') expect(answer.rule).toBe(rule);
  });

  test.each([
    ['GET', '/version', 'GET /v1.44/version'],
    ['GET', '/v1.41/info', 'GET /v1.44/info'],
    [
      'GET',
      '/v1.47/containers/json',
      `GET /v1.44/containers/json?filters=${encodeURIComponent('{"label":["com.bigeye.proxy.owner=test-instance"]}')}`,
    ],
    [
      'GET',
      `/containers/json?all=1&filters=${encodeURIComponent('{"status":{"running":true}}')}`,
      `GET /v1.44/containers/json?all=1&filters=${encodeURIComponent('{"status":["running"],"label":["com.bigeye.proxy.owner=test-instance"]}')}`,
    ],
    [
      'GET',
      `/containers/json?filters=${encodeURIComponent('{"status":[]}')}`,
      `GET /v1.44/containers/json?filters=${encodeURIComponent('{"label":["com.bigeye.proxy.owner=test-instance"]}')}`,
    ],
    ['GET', '/images/json', `GET /v1.44/images/json?filters=${encodeURIComponent('{"reference":["bigeyedata/*"]}')}`],
    ['GET', '/images/bigeyedata/agent:1.4.2/json', 'GET /v1.44/images/bigeyedata/agent:1.4.2/json'],
    [
      'GET',
      `/images/docker.io/bigeyedata/agent@sha256:${'a'.repeat(64)}/json`,
      `GET /v1.44/images/bigeyedata/agent@sha256:${'a'.repeat(64)}/json`,
    ],
    [
      'POST',
      '/images/create?fromImage=docker.io%2Fbigeyedata%2Fagent&tag=1.4.2',
      'POST /v1.44/images/create?fromImage=bigeyedata%2Fagent&tag=1.4.2',
    ],
    ['POST', '/containers/bigeye-run-own-1/start', `POST ${own}/start`],
    ['POST', '/containers/bigeye-run-own-1/stop?t=10&signal=SIGTERM', `POST ${own}/stop?t=10&signal=SIGTERM`],
    ['POST', '/containers/bigeye-run-own-1/kill?signal=KILL', `POST ${own}/kill?signal=KILL`],
    ['POST', '/containers/bigeye-run-own-1/wait?condition=not-running', `POST ${own}/wait?condition=not-running`],
    [
      'GET',
      '/containers/bigeye-run-own-1/logs?follow=true&stdout=1&tail=all&since=1700000000.5',
      `GET ${own}/logs?follow=true&stdout=1&tail=all&since=1700000000.5`,
    ],
    ['DELETE', '/containers/bigeye-run-own-1?force=1&v=true', `DELETE ${own}?force=1&v=true`],
  ])('%s %s passes as %s', async (method, target, expected) => {
    const answer = await guard.request(method, target);
    expect(answer.status).toBeLessThan(300);
    expect(countedRequests(guard, false).map((request) => `${request.method} ${request.target}`)).toEqual([expected]);
  });

  test.each([
    [
      'zero values of closed fields',
      {
        Tty: false,
        Entrypoint: null,
        Volumes: {},
        HostConfig: {
          ...good,
          CapAdd: [],
          Sysctls: {},
          PidMode: '',
          OomScoreAdj: 0,
          ConsoleSize: [0, 0],
          MaskedPaths: null,
          LogConfig: { Type: '', Config: {} },
        },
      },
    ],
    [
      'logs with a bound',
      { HostConfig: { ...good, LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3' } } } },
    ],
    ['a read-only input', { HostConfig: { ...good, Mounts: [bind, { ...bind, Target: '/in', ReadOnly: true }] } }],
    [
      'a tmpfs mount',
      {
        HostConfig: {
          ...good,
          Mounts: [bind, { Type: 'tmpfs', Target: '/run', TmpfsOptions: { SizeBytes: 1048576, Mode: 1023 } }],
        },
      },
    ],
    [
      'a full set of plain settings',
      {
        Hostname: 'job-42',
        StopSignal: 'SIGTERM',
        StopTimeout: 0,
        AttachStdout: true,
        Healthcheck: { Test: ['NONE'] },
        HostConfig: {
          ...good,
          ShmSize: 67108864,
          AutoRemove: false,
          IpcMode: 'none',
          CgroupnsMode: 'private',
          RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
          Ulimits: [{ Name: 'nofile', Soft: 1024, Hard: 65536 }],
        },
      },
    ],
    ['no new privileges, written as true', { HostConfig: { ...good, SecurityOpt: ['no-new-privileges:true'] } }],
    ['no new privileges, written with a sign', { HostConfig: { ...good, SecurityOpt: ['no-new-privileges=true'] } }],
    [
      'its network named twice',
      { NetworkingConfig: { EndpointsConfig: { 'bigeye-agents': { Aliases: null, Links: [] } } } },
    ],
  ])('create passes with %s', async (_, edit) => {
    const answer = await guard.request('POST', create, json, JSON.stringify({ ...GOOD_CREATE, ...edit }));
    expect(answer.status).toBe(201);
    const { HostConfig, Labels } = JSON.parse(guard.forwarded.at(-1)?.body ?? '');
    expect(Labels['com.bigeye.proxy.owner']).toBe('test-instance');
    expect(HostConfig.MemorySwap).toBe(HostConfig.Memory);
    expect(Object.keys(HostConfig)).not.toContain('CapAdd');
  });

  test('twenty headers pass, and none of them goes out', async () => {
    const answer = await guard.request('GET', '/version', { ...PLAIN_HEADERS, 'Content-Length': '0' });
    expect(answer.status).toBe(200);
    expect(guard.forwarded.at(-1)?.head).toBe('GET /v1.44/version HTTP/1.1\r\nHost: docker');
  });

  test('64 labels pass; an empty map does not go out', async () => {
    const Labels = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`com.bigeye.run.x${at}`, 'y']));
    const HostConfig = { ...good, Tmpfs: {} };
    const answer = await guard.request('POST', create, json, JSON.stringify({ ...GOOD_CREATE, Labels, HostConfig }));
    expect(answer.status).toBe(201);
    const sent = JSON.parse(guard.forwarded.at(-1)?.body ?? '');
    expect([Object.keys(sent.Labels).length, Object.keys(sent.HostConfig).includes('Tmpfs')]).toEqual([65, false]);
  });

  test('a body in chunks is told to come with a length', async () => {
    const answer = await guard.send(
      'POST /version HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    );
    expect([answer.status, answer.rule]).toEqual([411, 'framing.chunked']);
  });

  test('credentials for docker.io go out rebuilt', async () => {
    const auth = Buffer.from('{ "username": "a", "serveraddress": "https://index.docker.io/v1/" }').toString(
      'base64url',
    );
    const answer = await guard.request('POST', '/images/create?fromImage=bigeyedata/agent&tag=1', {
      'X-Registry-Auth': auth,
    });
    expect(answer.status).toBe(200);
    const sent = /^X-Registry-Auth: (.*)$/m.exec(guard.forwarded.at(-1)?.head ?? '')?.[1] ?? '';
    expect(Buffer.from(sent, 'base64url').toString()).toBe(
      '{"username":"a","serveraddress":"https://index.docker.io/v1/"}',
    );
    expect(JSON.stringify(guard.auditLines())).not.toContain(sent);
  });

  test('credentials without a server are those for docker.io', async () => {
    for (const auth of ['{"identitytoken":"a"}', '{}']) {
      const sent = { 'X-Registry-Auth': Buffer.from(auth).toString('base64url') };
      expect((await guard.request('POST', '/images/create?fromImage=bigeyedata/agent&tag=1', sent)).status).toBe(200);
    }
  });

  test('what a run takes is closed unless the policy opens it, and then for one look at an own container, cut to the run itself', async () => {
    const target = `${own}/stats?stream=0`;
    expect((await guard.request('GET', target)).rule).toBe('endpoint.unknown');
    await using open = await guardUnderTest({ ...POLICY, allowStats: true });
    open.script = ({ target: asked }) =>
      asked.includes('/stats')
        ? jsonAnswer(200, {
            read: 'now',
            id: 'x',
            cpu_stats: { cpu_usage: { total_usage: 7, percpu_usage: [7] }, system_cpu_usage: 99, online_cpus: 2 },
            pids_stats: { current: 3, limit: 256 },
            memory_stats: { usage: 20, limit: 99, max_usage: 30, stats: { total_inactive_file: 5, hierarchical: 1 } },
            networks: { eth0: {} },
            blkio_stats: {},
          })
        : undefined;
    const answer = await open.request('GET', target);
    expect(JSON.parse(answer.body)).toEqual({
      read: 'now',
      cpu_stats: { cpu_usage: { total_usage: 7 } },
      pids_stats: { current: 3 },
      memory_stats: { usage: 20, stats: { total_inactive_file: 5 } },
    });
    expect(open.forwarded.at(-1)?.target).toMatch(/^\/v1\.44\/containers\/[0-9a-f]{64}\/stats\?stream=0&one-shot=1$/);
    const sent = () => open.forwarded.filter(({ target: asked }) => asked.includes('/stats')).length;
    const before = sent();
    const foreign = `/v1.44/containers/${FOREIGN_ID}/stats?stream=0`;
    expect((await open.request('GET', foreign)).rule).toBe('owner.foreign');
    for (const query of [
      '',
      '?stream=1',
      '?stream=false',
      '?stream=0&one-shot=0',
      '?stream=0&stream=1',
      '?stream=0&x=1',
    ])
      expect((await open.request('GET', `${own}/stats${query}`)).status, query).toBe(403);
    expect((await open.request('POST', target)).rule).toBe('endpoint.method');
    expect(sent()).toBe(before);
  });

  test('info is cut to the fields of the positive list', async () => {
    const answer = await guard.request('GET', '/info');
    expect(JSON.parse(answer.body)).toEqual({ ServerVersion: '26.1.5', NCPU: 2 });
  });

  test('the version carries the fingerprint of the policy', async () => {
    const answer = await guard.request('GET', '/version');
    expect(answer.head).toMatch(/^X-Bigeye-Policy: [0-9a-f]{64}$/m);
  });
});
