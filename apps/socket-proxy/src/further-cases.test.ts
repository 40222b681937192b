import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  countedRequests,
  FOREIGN_ID,
  GOOD_CREATE,
  type GuardUnderTest,
  guardUnderTest,
  OWN_ID,
} from '../test-tools/guard-under-test.ts';

const RUNS = '/var/lib/bigeye/runs';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const good = JSON.stringify(GOOD_CREATE);
const [bind] = GOOD_CREATE.HostConfig.Mounts;
const plain = 'HTTP/1.1\r\nHost: docker\r\n';
const version = `GET /version ${plain}\r\n`;
const pull = '/images/create?fromImage=bigeyedata/agent&tag=1';

const top = (edit: object) => JSON.stringify({ ...GOOD_CREATE, ...edit });
const host = (edit: object) => top({ HostConfig: { ...GOOD_CREATE.HostConfig, ...edit } });
const mounts = (...edits: object[]) => host({ Mounts: edits.map((edit) => ({ ...bind, ...edit })) });
const tmpfs = (options: string) => host({ Tmpfs: { '/tmp': options } });
const swapped = (from: string, to: string) => {
  if (!good.includes(from)) throw new Error(`${from} is not in the body`);
  return good.replace(from, to);
};
const filters = (of: string, text: string) => `GET /${of}/json?filters=${encodeURIComponent(text)}`;
const auth = (text: string) => `X-Registry-Auth: ${Buffer.from(text).toString('base64url')}\r\n`;
const wire = (line: string, headers = '', body = '') =>
  `${line} ${plain}Connection: close\r\n${headers}${body && `Content-Type: application/json\r\n`}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const framed = (headers: string) =>
  `POST /containers/create?name=bigeye-run-x ${plain}Content-Type: application/json\r\n${headers}\r\n${good}`;

/** Frames that another reader of HTTP could take for something else. */
const FRAMES: Record<string, string | Buffer> = {
  'a folded line': `GET /version ${plain}Accept: a\r\n\tb\r\n\r\n`,
  'a space before the colon': framed(`Content-Length : ${good.length}\r\n`),
  'a length with a leading zero': framed(`Content-Length: 0${good.length}\r\n`),
  'a length twice in one header': framed(`Content-Length: ${good.length}, ${good.length}\r\n`),
  'a length in hex': framed('Content-Length: 0x1ff\r\n'),
  'a length beyond every number': framed('Content-Length: 99999999999999999999\r\n'),
  'a length of nothing': framed('Content-Length:\r\n'),
  'chunks, named in capitals': framed('TRANSFER-ENCODING: Chunked\r\n'),
  'an encoding that changes nothing': framed(`Content-Length: ${good.length}\r\nTransfer-Encoding: identity\r\n`),
  'an encoding behind a tab': framed(`Content-Length: ${good.length}\r\nTransfer-Encoding:\tchunked\r\n`),
  'a header with an underscore': framed(`Content-Length: ${good.length}\r\nTransfer_Encoding: chunked\r\n`),
  'announced trailers': framed(`Content-Length: ${good.length}\r\nTrailer: Host\r\n`),
  'an expectation': framed(`Content-Length: ${good.length}\r\nExpect: 100-continue\r\n`),
  'NUL in a header': `GET /version ${plain}Accept: a\0b\r\n\r\n`,
  'a byte beyond ASCII in a header': Buffer.from(`GET /version ${plain}Accept: \xe9\r\n\r\n`, 'latin1'),
  'a byte beyond ASCII in the target': Buffer.from(`GET /version\xaf ${plain}\r\n`, 'latin1'),
  'a header before the request': ` Host: docker\r\n${version}`,
  'a first header that is folded': 'GET /version HTTP/1.1\r\n Host: docker\r\n\r\n',
  'a header without a colon': `GET /version ${plain}Accept\r\n\r\n`,
  'a host with an address behind it': 'GET /version HTTP/1.1\r\nHost: docker@evil.example/\r\n\r\n',
  'a tab behind the method': 'GET\t/version HTTP/1.1\r\nHost: docker\r\n\r\n',
  'no space before the version': 'GET /versionHTTP/1.1\r\nHost: docker\r\n\r\n',
  'a version in small letters': 'GET /version http/1.1\r\nHost: docker\r\n\r\n',
  'a version of ten': 'GET /version HTTP/1.10\r\nHost: docker\r\n\r\n',
  'no version': 'GET /version\r\n\r\n',
  'a request of another protocol': 'GET /version RTSP/1.1\r\nHost: docker\r\n\r\n',
  'a body behind a GET': `GET /version ${plain}Content-Length: ${version.length}\r\n\r\n${version}`,
  'an upgrade among other words': `GET /version ${plain}Connection: keep-alive, Upgrade\r\nUpgrade: h2c\r\n\r\n`,
  'a web socket to a log': `GET /containers/${OWN_ID}/logs?stdout=1 ${plain}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  'credentials of a proxy': `GET /version ${plain}Proxy-Authorization: Basic YTpi\r\n\r\n`,
  'a cookie': `GET /version ${plain}Cookie: a=b\r\n\r\n`,
  'a range': `GET /version ${plain}Range: bytes=0-\r\n\r\n`,
  'a form': `POST ${pull} ${plain}Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\nContent-Length: 16\r\n\r\nfromImage=evil/x`,
};

/** Heads that ask for more than is open, each without a body. */
const TARGETS = [
  'GET /v1.044/version',
  'GET /v1.4/version',
  'GET /v1.440/version',
  'GET /v1.44version',
  'GET /v2.44/version',
  'GET /containers/./json',
  'GET /containers/json/',
  'GET /containers/json%3Fall=1',
  'GET /containers/json%00',
  'GET /containers/json?all=1?size=1',
  'GET /containers/json?All=1',
  'GET /containers/json?all=1&&',
  'GET /containers/json?=1',
  'GET /containers/json?all=TRUE',
  'GET /containers/json?all=+1',
  'GET /containers/json?limit=-1',
  'GET /containers/json?limit=%ff',
  'GET /containers/json?limit=1e3',
  'GET https://docker/version',
  'GET /images/docker.io/docker.io/bigeyedata/agent:1/json',
  'GET /images/bigeyedata/agent:1/json/json',
  'GET /images/bigeyedata/agent:1@sha256:abc/json',
  'GET /images/json?digests=2',
  'GET /libpod/containers/json',
  'GET /grpc',
  'HEAD /_ping',
  'HEAD /containers/json',
  `PUT /containers/${OWN_ID}`,
  `GET /containers/${OWN_ID}/json?size=1`,
  `GET /containers/${OWN_ID}/logs?tail=1e3`,
  `GET /containers/${OWN_ID}/logs?since=-1`,
  `GET /containers/${OWN_ID}/logs?stdout=1&stdout=0`,
  `POST /containers/${OWN_ID}/stop?t=1000`,
  `POST /containers/${OWN_ID}/stop?t=1.0`,
  `POST /containers/${OWN_ID}/kill?signal=SIGKILL%0A`,
  `POST /containers/${OWN_ID}/kill?signal=15`,
  `POST /containers/${OWN_ID}/start?detachKeys=`,
  `POST /containers/${OWN_ID.slice(0, 63)}/start`,
  `POST /containers/${FOREIGN_ID}/kill`,
  `POST /containers//${OWN_ID}/start`,
  'POST /containers/bigeye-run-own-1%20/start',
  'POST /containers/bigeye%2Drun-own-1/start',
  'POST /containers/bigeye-run-other/start',
  'DELETE /containers/bigeye-run-own-1?v=1&link=0',
  'DELETE /containers/bigeye-run-own-1?force=True',
  `POST /images/create?fromImage=bigeyedata/agent&tag=sha256:${'A'.repeat(64)}`,
  'POST /images/create?fromImage=bigeyedata/agent&tag=1&platform=linux/amd64/v3',
  'POST /images/create?fromImage=bigeyedata%252Fagent&tag=1',
  'POST /images/create?fromImage=docker.io/docker.io/bigeyedata/agent&tag=1',
  'POST /images/create?fromImage=bigeyedata/agent&tag=1%00',
  'POST /images/create?fromImage=bigeyedata/agent&Tag=1',
  `POST /images/create?fromImage=bigeyedata/agent@${DIGEST}&tag=1`,
  filters('containers', '{"label":{"com.bigeye.run.job":false}}'),
  filters('containers', '{"Label":["com.bigeye.run.job"]}'),
  filters('containers', '{"label":["com.bigeye.run.job"],"ancestor":["alpine"]}'),
  filters('containers', '{"name":["^/prod"]}'),
  filters('containers', '{"id":["a1b2"]}'),
  filters('containers', '{"status":"running"}'),
  filters('containers', '{"__proto__":["x"]}'),
  filters('containers', '{"label":["com.bigeye.run.job"]}]'),
  filters('images', '{"reference":["bigeyedata/*/*"]}'),
  filters('images', '{"reference":["*bigeyedata/agent"]}'),
  filters('images', '{"dangling":["true"]}'),
];

/** Bodies of a create. */
const BODIES: Record<string, string> = {
  'memory as a power': swapped('536870912', '5.36870912e8'),
  'memory as a fraction': swapped('536870912', '536870912.0'),
  'processes as minus zero': swapped('256', '-0'),
  'memory beyond 2^64': swapped('536870912', '18446744073709551617'),
  'a privilege in escapes': swapped('"Init":true', '"\\u0050rivileged":true'),
  'a privilege with NUL behind it': swapped('"Init":true', '"Privileged\\u0000":true'),
  'a folded letter': swapped('"Init":true', '"P\u0131dMode":"host"'),
  'a key twice, the second in escapes': swapped('"Init":true', '"Init":true,"\\u0049nit":false'),
  'a key twice, in another case': swapped('"Init":true', '"Init":true,"init":false'),
  'a nested key twice': swapped('"TZ=UTC"]', '"TZ=UTC"],"Healthcheck":{"Test":["NONE"],"Test":["CMD","x"]}'),
  '__proto__ with a privilege': swapped('"Init":true', '"__proto__":{"Privileged":true}'),
  'a constructor': swapped('"Init":true', '"constructor":null'),
  'nesting without end': swapped('"Init":true', `"Init":${'['.repeat(30_000)}${']'.repeat(30_000)}`),
  'a lone surrogate in a value': swapped('TZ=UTC', 'BIGEYE_X=\\udfff'),
  'a document behind the document': `${good} null`,
  'a vertical tab between keys': swapped(',"Cmd"', ',\v"Cmd"'),
  nothing: 'null',
  'a list': `[${good}]`,
  'a text': JSON.stringify(good),
  'an image of another registry in capitals': top({ Image: 'DOCKER.IO/bigeyedata/agent:1' }),
  'an image with a port': top({ Image: 'docker.io:443/bigeyedata/agent:1' }),
  'an image with a letter that looks alike': top({ Image: 'b\u0456geyedata/agent:1' }),
  'an image with an empty tag': top({ Image: 'bigeyedata/agent:' }),
  'an image with another digest': top({ Image: `bigeyedata/agent@sha512:${'a'.repeat(128)}` }),
  'an image with two digests': top({ Image: `bigeyedata/agent@${DIGEST}@${DIGEST}` }),
  'an image with a long tag': top({ Image: `bigeyedata/agent:${'1'.repeat(129)}` }),
  'a user in other digits': top({ User: '\uff11\uff10:\uff11' }),
  'a user without a group': top({ User: '10001:' }),
  'a user with three parts': top({ User: '10001:10001:0' }),
  'a user as a number': top({ User: 10001 }),
  'another ordinary user': top({ User: '10002:10001' }),
  'the group of the Docker socket': top({ User: '10001:998' }),
  'no command': top({ Cmd: undefined }),
  'an empty command': top({ Cmd: [] }),
  'a command of null': top({ Cmd: null }),
  'a command with a list in it': top({ Cmd: [['run']] }),
  'a command with a space before it': top({ Cmd: [' run'] }),
  'a variable with a space before it': top({ Env: [' BIGEYE_X=1'] }),
  'a variable without a value': top({ Env: ['BIGEYE_X'] }),
  'a variable with a letter beyond ASCII': top({ Env: ['BIGEYE_\u00c9=1'] }),
  'a time zone that is a file': top({ Env: ['TZ=../../workspace/x'] }),
  'a language twice': top({ Env: ['LANG=C', 'LANG=C.UTF-8'] }),
  'a label without a value': top({ Labels: { 'com.bigeye.run.x': null } }),
  'a label in capitals': top({ Labels: { 'COM.BIGEYE.RUN.x': 'y' } }),
  'a label of a neighbour': top({ Labels: { 'com.bigeye.runner': 'y' } }),
  'a health check in small letters': top({ Healthcheck: { Test: ['none'] } }),
  'a health check with a time': top({ Healthcheck: { Test: ['NONE'], StartInterval: 1 } }),
  'a mount with a slash behind it': mounts({ Source: `${RUNS}/job-42/` }),
  'a mount with a doubled slash': mounts({ Source: `${RUNS}//job-42` }),
  'a mount of the parent': mounts({ Source: `${RUNS}/..` }),
  'a mount with NUL': mounts({ Source: `${RUNS}/job\0` }),
  'a mount on a slash': mounts({ Target: '/workspace/' }),
  'a mount that is read-only by its word': mounts({ Target: '/in', ReadOnly: 'true' }),
  'an input that is read-only by null': mounts({ Target: '/in', ReadOnly: null }),
  'a mount that makes its source': mounts({ BindOptions: { CreateMountpoint: true } }),
  'a mount of nothing': mounts({ Type: '' }),
  'nine mounts': mounts(...Array.from({ length: 9 }, () => ({}))),
  'a tmpfs of a text': mounts({
    Type: 'tmpfs',
    Source: undefined,
    Target: '/run',
    TmpfsOptions: { SizeBytes: '1048576' },
  }),
  'a tmpfs with options of a bind': mounts({
    Type: 'tmpfs',
    Source: undefined,
    Target: '/run',
    TmpfsOptions: { SizeBytes: 1 },
    BindOptions: { Propagation: 'shared' },
  }),
  'a target as bind and tmpfs': host({ Binds: [`${RUNS}/a:/workspace:rw`] }),
  'a bind with a fourth part': host({ Mounts: [], Binds: [`${RUNS}/a:/workspace:rw:z`] }),
  'a bind in capitals': host({ Mounts: [], Binds: [`${RUNS}/a:/workspace:RW`] }),
  'a tmpfs with a size beyond numbers': tmpfs('noexec,nosuid,nodev,size=18446744073709551617'),
  'a tmpfs with a size in hex': tmpfs('noexec,nosuid,nodev,size=0x10'),
  'a tmpfs with inodes': tmpfs('noexec,nosuid,nodev,size=1m,nr_inodes=0'),
  'a tmpfs with huge pages': tmpfs('noexec,nosuid,nodev,size=1m,huge=always'),
  'a tmpfs mounted anew': tmpfs('noexec,nosuid,nodev,size=1m,remount'),
  'a tmpfs in capitals': tmpfs('NOEXEC,nosuid,nodev,size=1m'),
  'a tmpfs with a space': tmpfs('noexec, nosuid,nodev,size=1m'),
  'a tmpfs with a set-uid mode': tmpfs('noexec,nosuid,nodev,size=1m,mode=2777'),
  'a log without a bound': host({ LogConfig: { Type: 'json-file', Config: { 'max-size': '0' } } }),
  'a log with a fraction': host({ LogConfig: { Type: 'local', Config: { 'max-size': '1.5m' } } }),
  'a log with a tag': host({ LogConfig: { Type: 'local', Config: { 'max-size': '1m', tag: '{{.ID}}' } } }),
  'a limit of a name with a space': host({ Ulimits: [{ Name: 'nofile ', Soft: 1, Hard: 1 }] }),
  'a limit without an end': host({ Ulimits: [{ Name: 'fsize', Soft: -1, Hard: -1 }] }),
  'a network by a part of its name': host({ NetworkMode: 'bigeye' }),
  'a network with a space': host({ NetworkMode: 'none ' }),
  'an option twice': host({ SecurityOpt: ['no-new-privileges', 'no-new-privileges'] }),
  'an option as a number': host({ SecurityOpt: ['no-new-privileges=1'] }),
  'capabilities dropped by name': host({ CapDrop: ['CAP_ALL'] }),
  'a neighbour by an alias': top({ NetworkingConfig: { EndpointsConfig: { 'bigeye-agents': { Links: ['a:b'] } } } }),
  'a network that is not the mode': top({ NetworkingConfig: { EndpointsConfig: { none: null } } }),
};

/** Credentials in the header of a pull. */
const CREDENTIALS = [
  '{"serveraddress":"docker.io.evil.example"}',
  '{"serveraddress":"https://index.docker.io@evil.example/v1/"}',
  '{"serveraddress":"http://index.docker.io/v1/"}',
  '{"serveraddress":["docker.io"]}',
  '{"username":"a","username":"b"}',
  '{"Username":"a"}',
  'null',
];

const NAMES = [
  'BIGEYE-RUN-X',
  'bigeye-run--',
  'bigeye-run-x%0a',
  'bigeye-run-x%C3%A9',
  'bigeye-run-x.y',
  'bigeye-run-x_y',
];

/** Bodies that section 2 of the policy lets pass, and what of HostConfig goes out for them, `undefined` being nothing. */
const GOOD_BODIES: [string, string, Record<string, unknown>?][] = [
  [
    'every closed field as a zero value',
    top({
      Entrypoint: null,
      Shell: [],
      OnBuild: [],
      ArgsEscaped: false,
      Domainname: '',
      MacAddress: '',
      ExposedPorts: {},
      Volumes: null,
      AttachStdin: false,
      OpenStdin: false,
      StdinOnce: false,
      Tty: false,
      Hostname: '',
      WorkingDir: '',
      StopSignal: '',
      StopTimeout: null,
      Healthcheck: null,
      NetworkingConfig: {},
    }),
  ],
  [
    'every closed field of the host as a zero value',
    host({
      CapAdd: null,
      Privileged: false,
      GroupAdd: [],
      Links: null,
      ExtraHosts: [],
      Dns: [],
      DnsOptions: [],
      DnsSearch: [],
      PortBindings: {},
      PublishAllPorts: false,
      VolumesFrom: null,
      VolumeDriver: '',
      StorageOpt: null,
      Devices: [],
      DeviceCgroupRules: null,
      DeviceRequests: [],
      Runtime: '',
      Annotations: {},
      Sysctls: {},
      PidMode: '',
      UTSMode: '',
      UsernsMode: '',
      Cgroup: '',
      CgroupParent: '',
      Isolation: '',
      OomKillDisable: false,
      OomScoreAdj: 0,
      MemorySwappiness: null,
      MemoryReservation: 0,
      CpuShares: 0,
      CpuPeriod: 0,
      CpuQuota: 0,
      CpuRealtimePeriod: 0,
      CpuRealtimeRuntime: 0,
      CpusetCpus: '',
      CpusetMems: '',
      BlkioWeight: 0,
      BlkioWeightDevice: [],
      CpuCount: 0,
      CpuPercent: 0,
      IOMaximumIOps: 0,
      IOMaximumBandwidth: 0,
      ConsoleSize: [0, 0],
      ContainerIDFile: '',
      MaskedPaths: null,
      ReadonlyPaths: null,
      MemorySwap: 0,
      IpcMode: '',
      CgroupnsMode: '',
      ShmSize: 0,
      RestartPolicy: { Name: '', MaximumRetryCount: 0 },
      Binds: null,
      LogConfig: { Type: '', Config: null },
      Ulimits: null,
      KernelMemory: 0,
      BlkioDeviceReadBps: null,
    }),
    { CapAdd: undefined, ConsoleSize: undefined, ShmSize: undefined, RestartPolicy: undefined, LogConfig: undefined },
  ],
  ['empty lists and maps', top({ Env: [], Labels: {}, NetworkingConfig: { EndpointsConfig: {} } })],
  ['the least of everything', host({ Memory: 33554432, NanoCpus: 100000000, PidsLimit: 1 }), { Memory: 33554432 }],
  ['the most of everything', host({ Memory: 8589934592, NanoCpus: 8000000000, PidsLimit: 4096, ShmSize: 536870912 })],
  ['swap that is the memory', host({ MemorySwap: 536870912 }), { MemorySwap: 536870912 }],
  ['an image by digest', top({ Image: `bigeyedata/agent@${DIGEST}` })],
  ['an image by tag and digest', top({ Image: `docker.io/bigeyedata/lineage_plus-agent:v1.4.2-rc.1@${DIGEST}` })],
  [
    'all kinds of variables',
    top({ Env: ['BIGEYE_A=', 'AGENT_B=a=b', 'BATCH_C=\u00e9\n', 'TZ=Europe/Berlin', 'LANG=en_US.UTF-8', 'LC_ALL=C'] }),
  ],
  ['empty locales', top({ Env: ['TZ=', 'LANG=', 'LC_ALL='] })],
  [
    'bind mounts with every option at zero',
    mounts({ ReadOnly: false, Consistency: '', BindOptions: { Propagation: '' } }),
  ],
  ['an output and an input', mounts({ Target: '/out', ReadOnly: false }, { Target: '/in', ReadOnly: true })],
  [
    'binds of every kind',
    host({ Mounts: null, Binds: [`${RUNS}/a:/workspace:rw`, `${RUNS}/b:/out:rw`, `${RUNS}/c:/in:ro`] }),
    {
      Binds: undefined,
      Mounts: [
        { Type: 'bind', Source: `${RUNS}/a`, Target: '/workspace', ReadOnly: false },
        { Type: 'bind', Source: `${RUNS}/b`, Target: '/out', ReadOnly: false },
        { Type: 'bind', Source: `${RUNS}/c`, Target: '/in', ReadOnly: true },
      ],
    },
  ],
  [
    'a tmpfs in bytes',
    tmpfs('size=1048576,nodev,nosuid,noexec'),
    { Tmpfs: { '/tmp': 'size=1048576,nodev,nosuid,noexec' } },
  ],
  ['a tmpfs with a mode and an owner', tmpfs('rw,noexec,nosuid,nodev,size=1G,mode=1777,uid=10001,gid=10001')],
  [
    'both temporary folders',
    host({ Tmpfs: { '/tmp': 'noexec,nosuid,nodev,size=1m', '/run': 'noexec,nosuid,nodev,size=1m' } }),
  ],
  ['a log in capitals', host({ LogConfig: { Type: 'json-file', Config: { 'max-size': '10M', 'max-file': '9' } } })],
  ['a log in bytes', host({ LogConfig: { Type: 'local', Config: { 'max-size': '1048576' } } })],
  [
    'all four limits',
    host({ Ulimits: ['nofile', 'nproc', 'core', 'fsize'].map((Name) => ({ Name, Soft: 0, Hard: 0 })) }),
  ],
  [
    'no network, named',
    top({
      HostConfig: { ...GOOD_CREATE.HostConfig, NetworkMode: 'none' },
      NetworkingConfig: { EndpointsConfig: { none: null } },
    }),
  ],
  ['a stop in ten minutes', top({ StopTimeout: 600, StopSignal: 'INT' })],
  ['its streams', top({ AttachStdout: true, AttachStderr: false, NetworkDisabled: false })],
  ['space around everything', ` \r\n\t${JSON.stringify(GOOD_CREATE, null, '\t')}\n`],
];

/** Requests without a body that pass, and how they go out. */
const GOOD_TARGETS: [string, string][] = [
  ['GET /version?', '/version'],
  ['GET /v1.41/version', '/version'],
  [
    'GET /containers/json?all=false&limit=0',
    `/containers/json?all=false&limit=0&filters=${encodeURIComponent('{"label":["com.bigeye.proxy.owner=test-instance"]}')}`,
  ],
  [
    filters('containers', '{}'),
    `/containers/json?filters=${encodeURIComponent('{"label":["com.bigeye.proxy.owner=test-instance"]}')}`,
  ],
  [
    filters('containers', '{"name":["^/bigeye-run-x$"]}'),
    `/containers/json?filters=${encodeURIComponent('{"name":["^/bigeye-run-x$"],"label":["com.bigeye.proxy.owner=test-instance"]}')}`,
  ],
  [
    filters('images', '{"reference":["docker.io/bigeyedata/agent:*"]}'),
    `/images/json?filters=${encodeURIComponent('{"reference":["bigeyedata/agent:*"]}')}`,
  ],
  [`POST /containers/${OWN_ID}/stop`, `/containers/${OWN_ID}/stop`],
  ['POST /containers/bigeye-run-own-1/stop?t=999', `/containers/${OWN_ID}/stop?t=999`],
  ['POST /containers/bigeye-run-own-1/wait', `/containers/${OWN_ID}/wait`],
  ['POST /containers/bigeye-run-own-1/wait?condition=removed', `/containers/${OWN_ID}/wait?condition=removed`],
  ['DELETE /containers/bigeye-run-own-1?v=false&force=0', `/containers/${OWN_ID}?v=false&force=0`],
  [
    `POST /images/create?fromImage=bigeyedata/agent&tag=${DIGEST}`,
    `/images/create?fromImage=bigeyedata%2Fagent&tag=${encodeURIComponent(DIGEST)}`,
  ],
  [
    'POST /images/create?tag=1&fromImage=bigeyedata%2fagent&platform=linux%2Farm64',
    '/images/create?tag=1&fromImage=bigeyedata%2Fagent&platform=linux%2Farm64',
  ],
];

describe('further requests, of the kinds that the corpus has', () => {
  let guard: GuardUnderTest;
  beforeAll(async () => {
    guard = await guardUnderTest();
  });
  afterAll(() => guard[Symbol.asyncDispose]());
  beforeEach(() => {
    guard.forwarded.length = 0;
  });

  const create = (body: string, name = 'bigeye-run-x') => wire(`POST /containers/create?name=${name}`, '', body);
  const attacks: [string, string | Buffer][] = [
    ...Object.entries(FRAMES),
    ...TARGETS.map((line): [string, string] => [line, wire(line)]),
    ...Object.entries(BODIES).map(([name, body]): [string, string] => [`a create with ${name}`, create(body)]),
    ...CREDENTIALS.map((text): [string, string] => [`credentials ${text}`, wire(`POST ${pull}`, auth(text))]),
    ...NAMES.map((name): [string, string] => [`the name ${name}`, create(good, name)]),
  ];

  test.each(attacks)('%s is refused', async (_, bytes) => {
    const answer = await guard.send(bytes);
    expect(countedRequests(guard, false)).toEqual([]);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    if (!String(bytes).startsWith('HEAD')) expect(answer.rule).toMatch(/^[a-z]+/);
  });

  test.each(GOOD_BODIES)('a create with %s passes', async (_, body, expected = {}) => {
    const answer = await guard.send(create(body));
    expect(answer.body).toContain('"Id"');
    const [sent] = guard.forwarded;
    expect(sent?.target).toBe('/v1.44/containers/create?name=bigeye-run-x');
    const { HostConfig } = JSON.parse(sent?.body ?? '');
    for (const [key, value] of Object.entries(expected)) expect(HostConfig[key]).toEqual(value);
  });

  test.each(GOOD_TARGETS)('%s passes', async (line, sent) => {
    const answer = await guard.send(wire(line));
    expect(answer.status).toBeLessThan(300);
    expect(countedRequests(guard, false).map(({ target }) => target)).toEqual([`/v1.44${sent}`]);
  });
});
