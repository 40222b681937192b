import { describe, expect, test } from 'vitest';
import { GOOD_CREATE, OWN_ID, POLICY } from '../test-tools/guard-under-test.ts';
import { endpointJudge, type Permit } from './endpoints.ts';
import { readPolicy } from './policy.ts';
import { Refusal } from './refusal.ts';
import { readHead } from './request-head.ts';

/** Both sides of every border of the policy: the last value that passes, and the first that does not. */
const judge = endpointJudge(readPolicy(Buffer.from(JSON.stringify(POLICY))), 'me');

function decide(method: string, target: string, body = '', headers: Record<string, string> = {}): Permit | Refusal {
  const bytes = Buffer.from(body);
  const all = new Map(Object.entries({ 'content-type': 'application/json', ...headers }));
  return orRefusal(() => judge({ method, target, headers: all, bodyLength: bytes.length })(bytes));
}

function orRefusal<T>(attempt: () => T): T | Refusal {
  try {
    return attempt();
  } catch (cause) {
    if (cause instanceof Refusal) return cause;
    throw cause;
  }
}

const ruleIn = (result: object): string | undefined => (result instanceof Refusal ? result.rule : undefined);
const createWith = (edit: object, host: object = {}) =>
  decide(
    'POST',
    '/containers/create?name=bigeye-run-x',
    JSON.stringify({ ...GOOD_CREATE, ...edit, HostConfig: { ...GOOD_CREATE.HostConfig, ...host } }),
  );
/** What goes out for a create; the refusal where none does. */
const sentWith = (edit: object, host: object = {}) => {
  const permit = createWith(edit, host);
  return permit instanceof Refusal ? permit : JSON.parse(permit.body ?? '');
};
const query = (values: Record<string, string>) => new URLSearchParams(values).toString().replaceAll('+', '%20');
const bytesOfPull = '/images/create?fromImage=bigeyedata/agent&tag=1';

describe('a create', () => {
  test('goes out as it came, with the label of the owner and with MemorySwap', () => {
    const { HostConfig, Labels, ...rest } = GOOD_CREATE;
    expect(sentWith({})).toEqual({
      ...rest,
      Labels: { ...Labels, 'com.bigeye.proxy.owner': 'me' },
      HostConfig: { ...HostConfig, MemorySwap: HostConfig.Memory },
    });
  });

  test('without mounts goes out without them', () => {
    expect(sentWith({}, { Mounts: undefined }).HostConfig).not.toHaveProperty('Mounts');
  });

  test('names its network with or without an empty endpoint', () => {
    for (const endpoint of [{}, null, { Aliases: [] }])
      expect(
        sentWith({ NetworkingConfig: { EndpointsConfig: { 'bigeye-agents': endpoint } } }).NetworkingConfig,
      ).toEqual({ EndpointsConfig: { 'bigeye-agents': {} } });
  });

  const text = (bytes: number) => 'a'.repeat(bytes - 'run '.length);
  test.each([
    ['a command of 32 KiB', { Cmd: ['run', text(32 * 1024)] }],
    ['a host name that begins like one of a service', { Hostname: 'dockers' }],
    ['a host name that begins like another one of a service', { Hostname: 'localhost1' }],
    ['a host name of one letter', { Hostname: 'a' }],
    ['an empty health check', { Healthcheck: { Test: [] } }],
  ])('passes with %s', (_, edit) => {
    expect(ruleIn(createWith(edit))).toBeUndefined();
  });

  const options = 'rw,noexec,nosuid,nodev,size=64m';
  test.each([
    ['empty lists of devices', { BlkioDeviceReadIOps: [], BlkioDeviceWriteIOps: [], BlkioDeviceReadBps: [] }],
    ['no size of a console', { ConsoleSize: [] }],
    ['a console without size', { ConsoleSize: [0, 0] }],
    ['an empty list of options', { Tmpfs: {}, Mounts: [tmpfs({ Options: [] })] }],
    ['a mount in memory that is not read-only', { Tmpfs: {}, Mounts: [{ ...tmpfs(), ReadOnly: false }] }],
    ['a mode of three digits', { Tmpfs: { '/tmp': `${options},mode=755` } }],
    ['a mode of five digits', { Tmpfs: { '/tmp': `${options},mode=01777` } }],
    ['nine log files', { LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '9' } } }],
  ])('passes with %s on the host', (_, host) => {
    expect(ruleIn(createWith({}, host))).toBeUndefined();
  });

  const folder = '/var/lib/bigeye/runs/job-43';
  test.each([
    ['a command of more than 32 KiB', 'Cmd', { Cmd: ['run', text(32 * 1024 + 1)] }],
    ['the host name of a service', 'Hostname', { Hostname: 'docker' }],
    ['the other host name of a service', 'Hostname', { Hostname: 'localhost' }],
    ['a label with something before it', 'Labels', { Labels: { 'x.com.bigeye.run.job': '1' } }],
    ['a label with something behind it', 'Labels', { Labels: { 'com.bigeye.run.job x': '1' } }],
  ])('is refused with %s', (_, rule, edit) => {
    expect(ruleIn(createWith(edit))).toBe(`create.${rule}`);
  });

  test.each([
    ['a bind with something before it', 'Binds', { Binds: [`x:${folder}:/workspace:rw`] }],
    ['a bind without a mode', 'Binds', { Binds: [`${folder}:/workspace`] }],
    ['a bind in a list of its own', 'Binds', { Binds: [[`${folder}:/workspace:rw`]] }],
    ['a folder in memory elsewhere', 'Tmpfs', { Tmpfs: { '/var/tmp': options } }],
    ['executable memory', 'Tmpfs', { Tmpfs: { '/tmp': options.replace('noexec,', '') } }],
    ['set-uid memory', 'Tmpfs', { Tmpfs: { '/tmp': options.replace('nosuid,', '') } }],
    ['devices in memory', 'Tmpfs', { Tmpfs: { '/tmp': options.replace('nodev,', '') } }],
    ['memory without bound', 'Tmpfs', { Tmpfs: { '/tmp': options.replace(',size=64m', '') } }],
    ['an option that ends like a known one', 'Tmpfs', { Tmpfs: { '/tmp': `${options},xuid=5` } }],
    ['both rw and ro', 'Tmpfs', { Tmpfs: { '/tmp': `${options},ro` } }],
    ['a read-only mount in memory', 'Mounts.ReadOnly', { Tmpfs: {}, Mounts: [{ ...tmpfs(), ReadOnly: true }] }],
    ['ten log files', 'LogConfig.Config.max-file', { LogConfig: logs('10') }],
    ['log files in words', 'LogConfig.Config.max-file', { LogConfig: logs('x1') }],
  ])('is refused with %s on the host', (_, rule, host) => {
    expect(ruleIn(createWith({}, host))).toBe(`create.HostConfig.${rule}`);
  });

  test('of as many bytes as the policy allows passes, of one more not', () => {
    const body = JSON.stringify(GOOD_CREATE);
    const target = '/containers/create?name=bigeye-run-x';
    expect(ruleIn(decide('POST', target, body.padEnd(128 * 1024)))).toBeUndefined();
    expect(ruleIn(decide('POST', target, body.padEnd(128 * 1024 + 1)))).toBe('body.length');
  });

  test('is told what would have been allowed', () => {
    expect(createWith({}, { Privileged: true })).toMatchObject({
      message: 'create.HostConfig.Privileged must be absent or false.',
    });
  });
});

function tmpfs(edit: object = {}) {
  return { Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 1024, ...edit } };
}

function logs(files: string) {
  return { Type: 'local', Config: { 'max-size': '10m', 'max-file': files } };
}

describe('a query', () => {
  const log = (since: string) => `/containers/${OWN_ID}/logs?${query({ stdout: '1', since })}`;
  test.each(['1700000000', '0', '1700000000.5', '1700000000.123456789'])('takes the time %s', (since) => {
    expect(ruleIn(decide('GET', log(since)))).toBeUndefined();
  });
  test.each(['', '17000000000', '1700000000x', '1700000000.1234567890', '1700000000.', 'x1'])(
    'not the time %s',
    (since) => {
      expect(ruleIn(decide('GET', log(since)))).toBe('query.since');
    },
  );

  const list = (key: string, value: string) =>
    `/containers/json?${query({ filters: JSON.stringify({ [key]: [value] }) })}`;
  const label = 'com.bigeye.run.job';
  test.each([
    ['label', label],
    ['label', `${label}=`],
    ['label', `${label}=run 42`],
    ['status', 'running'],
    ['name', 'bigeye-run-'],
    ['name', 'bigeye-run-job-42'],
    ['name', '/bigeye-run-job-42'],
    ['name', '^/bigeye-run-job-42$'],
    ['id', OWN_ID],
  ])('takes the filter %s %s', (key, value) => {
    expect(decide('GET', list(key, value))).toMatchObject({
      query: query({
        filters: JSON.stringify(key === 'label' ? { label: [value, owned] } : { [key]: [value], label: [owned] }),
      }),
    });
  });
  test.each([
    ['label', `x${label}`],
    ['label', `${label}=\u0001`],
    ['label', `${label}=${'a'.repeat(257)}`],
    ['label', `com.bigeye.run.${'a'.repeat(64)}`],
    ['label', 'com.bigeye.run.'],
    ['status', 'xrunning'],
    ['status', 'runningx'],
    ['name', 'xbigeye-run-a'],
    ['name', 'bigeye-run-A'],
    ['name', 'bigeye-run-a$$'],
    ['id', `${OWN_ID}0`],
    ['id', `0${OWN_ID}`],
    ['id', OWN_ID.slice(1)],
  ])('not the filter %s %s', (key, value) => {
    expect(ruleIn(decide('GET', list(key, value)))).toBe(`query.filters.${key}`);
  });

  test.each(['/version?', '/version?all', '/version?all=%', '/version?all=%80', '/version?all=1&all=1', '/version?=1'])(
    '%s is malformed',
    (target) => {
      const rule = target.endsWith('?') ? undefined : 'query';
      expect(ruleIn(decide('GET', target))).toBe(rule);
    },
  );

  test('is not looked at behind a path that is not canonical', () => {
    expect(ruleIn(decide('GET', 'http://docker/version'))).toBe('path.form');
  });
});

const owned = 'com.bigeye.proxy.owner=me';

describe('a pull', () => {
  test.each([
    ['{"fromImage":"docker.io/bigeyedata/agent","tag":"1"}', undefined],
    ['{"fromImage":"bigeyedata/agent","tag":"1"}', undefined],
    ['{"fromImage":"bigeyedata/agent","tag":"2"}', 'body.pull'],
    ['{"fromImage":"bigeyedata/other"}', 'body.pull'],
    ['[]', 'body.pull'],
    ['null', 'body.pull'],
  ])('with the body %s: %s', (body, rule) => {
    expect(ruleIn(decide('POST', bytesOfPull, body))).toBe(rule);
  });

  const withServer = (serveraddress: string) =>
    decide('POST', bytesOfPull, '', {
      'x-registry-auth': Buffer.from(JSON.stringify({ serveraddress })).toString('base64url'),
    });
  test.each([
    '',
    'docker.io',
    'https://docker.io',
    'index.docker.io',
    'registry-1.docker.io',
    'https://index.docker.io/v1/',
    'https://index.docker.io/v1',
    'https://registry-1.docker.io/v2/',
  ])('takes credentials for "%s"', (server) => {
    expect(ruleIn(withServer(server))).toBeUndefined();
  });
  test.each([
    'xdocker.io',
    'docker.io.evil.io',
    'https://evil.io/docker.io',
    'http://docker.io',
    'docker.io/v3',
    'docker.io//',
  ])('not credentials for "%s"', (server) => {
    expect(ruleIn(withServer(server))).toBe('header.registry-auth.serveraddress');
  });
});

describe('a head', () => {
  const ruleOf = (lines: string) => ruleIn(orRefusal(() => readHead(lines)));
  test.each([' GET / HTTP/1.1', 'xGET / HTTP/1.1', 'GET / HTTP/1.0', 'GET / HTTP/1.1 ', 'GE / HTTP/1.1', 'GET', ''])(
    'does not begin with "%s"',
    (line) => {
      expect(ruleOf(`${line}\r\nhost: a`)).toBe('framing.request-line');
    },
  );
  test.each([
    'content-type: application/json',
    'content-type: application/json;charset=utf-8',
    'content-type: application/json ;  charset="UTF-8"',
    'x-registry-auth: e30',
    'x-registry-auth: e30=',
    'x-forwarded-for: 10.0.0.1',
    'traceparent: 00-1',
  ])('may have the line "%s"', (line) => {
    expect(ruleOf(`GET / HTTP/1.1\r\nhost: a\r\n${line}`)).toBeUndefined();
  });
  test.each([
    ['content-type: xapplication/json', 'header'],
    ['content-type: application/jsonx', 'header'],
    ['content-type: application/jsonx;charset=utf-8', 'header'],
    ['content-type: application/json;xcharset=utf-8', 'header'],
    ['x-registry-auth: e30===', 'header'],
    ['x-registry-auth: =e30', 'header'],
    ['x-registry-auth: e3.0', 'header'],
    ['upgrade: h2c', 'header'],
    ['no colon', 'framing.malformed'],
    [': no name', 'framing.malformed'],
    ['a b: c', 'framing.malformed'],
  ])('may not have the line "%s"', (line, rule) => {
    expect(ruleOf(`GET / HTTP/1.1\r\nhost: a\r\n${line}`)).toBe(rule);
  });
});

describe('a policy file', () => {
  const ruleOf = (edit: object) =>
    ruleIn(orRefusal(() => readPolicy(Buffer.from(JSON.stringify({ ...POLICY, ...edit })))));
  test.each([
    { networks: ['hostile', 'defaults', 'nat-1', 'f', 'my-long-network-name', 'a'.repeat(63).replace('a', 'z')] },
    { platforms: ['linux/arm64', 'linux/amd64'] },
    { imageNamespace: 'my-company/' },
    { imageNamespace: 'a_b-c/' },
    { subCommands: ['r', 'run-all', 'a'.repeat(32)] },
    { repositories: ['a', 'agent', 'line.age-plus_2', 'x.yz'] },
  ])('may say %j', (edit) => {
    expect(ruleOf(edit)).toBeUndefined();
  });
  test.each([
    { networks: ['host'] },
    { networks: ['0123456789ab'] },
    { networks: ['a b'] },
    { networks: ['a'.repeat(64).replace('a', 'z')] },
    { networks: ['x-orchestrator-internal'] },
    { networks: ['a-1', 'a-1'] },
    { platforms: ['linux/amd64', 'linux/amd64'] },
    { imageNamespace: 'acme/evil' },
    { imageNamespace: 'acme/evil/' },
    { imageNamespace: 'library/' },
    { imageNamespace: 'a--b/' },
    { subCommands: ['run x'] },
    { subCommands: ['a'.repeat(33)] },
    { repositories: ['-a'] },
    { repositories: ['a-'] },
    { repositories: ['a..b'] },
    { repositories: ['A'] },
    { repositories: ['a/b'] },
  ])('may not say %j', (edit) => {
    expect(ruleOf(edit)).toBe(`policy.${Object.keys(edit)[0]}`);
  });
});
