import { findObject, type Json } from './json-reader.ts';
import type { Policy } from './policy.ts';
import { refuse } from './refusal.ts';
import { boolean, type Judge, listOf, mapOf, object, oneOf, orZero, text, whole } from './shape.ts';

export const OWNER_LABEL = 'com.bigeye.proxy.owner';
export const signal = text(/^(?:SIG)?(?:TERM|INT|QUIT|KILL)$/, 'must be TERM, INT, QUIT or KILL');

// Host names become resolvable for the neighbours: an agent must not be called like a service that they trust.
const HOST_NAME = /^(?!.*(?:proxy|orchestrator)|docker$|localhost$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The top level of ContainerCreate: every field that may appear. What is not in here, in this spelling, is refused. */
const config = (policy: Policy) =>
  object({
    'Image!': text(imagePattern(policy), 'must be an image of the namespace with a tag or digest'),
    'User!': oneOf(policy.user),
    'Cmd!': command(policy.subCommands),
    Env: environment(policy.envPrefixes),
    Labels: mapOf(/^com\.bigeye\.run\.[A-Za-z0-9._-]{1,63}$/, text(/^[ -~]{0,256}$/, 'must have short ASCII values')),
    WorkingDir: oneOf('', '/workspace', '/app'),
    Hostname: orZero('', text(HOST_NAME, 'must be a DNS label that is no name of a service')),
    'AttachStdout AttachStderr NetworkDisabled': boolean,
    StopSignal: orZero('', signal),
    StopTimeout: whole(0, 600),
    Healthcheck: object({
      Test: oneOf([], ['NONE']),
      'Interval Timeout Retries StartPeriod StartInterval': oneOf(0),
    }),
    'Entrypoint Shell OnBuild': oneOf([]),
    'ExposedPorts Volumes': oneOf({}),
    'Domainname MacAddress': oneOf(''),
    'ArgsEscaped AttachStdin OpenStdin StdinOnce Tty': oneOf(false),
    // Whose names must be, is judged below.
    NetworkingConfig: object({ EndpointsConfig: mapOf(/^/, orEmpty(ENDPOINT)) }),
    'HostConfig!': hostConfig(policy),
  });

const hostConfig = ({ limits, ...policy }: Policy) =>
  object({
    'NetworkMode!': oneOf(...policy.networks),
    'CapDrop!': oneOf(['ALL']),
    'SecurityOpt!': oneOf(['no-new-privileges'], ['no-new-privileges:true'], ['no-new-privileges=true']),
    'ReadonlyRootfs!': oneOf(true),
    'Memory!': whole(32 * 1024 ** 2, limits.memoryBytes),
    MemorySwap: whole(0, limits.memoryBytes),
    'NanoCpus!': whole(100_000_000, limits.nanoCpus),
    'PidsLimit!': whole(1, limits.pids),
    ShmSize: orZero(0, whole(1, limits.shmBytes)),
    'Init AutoRemove': boolean,
    IpcMode: oneOf('', 'private', 'none'),
    CgroupnsMode: oneOf('', 'private'),
    Mounts: listOf(mount(policy, limits.tmpfsBytes), 8),
    Binds: listOf(bind(mount(policy, limits.tmpfsBytes)), 8),
    Tmpfs: mapOf(/^\/(?:tmp|run)$/, tmpfsOptions(limits.tmpfsBytes)),
    LogConfig: log(limits.logBytes),
    RestartPolicy: object({ Name: oneOf('', 'no'), MaximumRetryCount: oneOf(0) }),
    Ulimits: listOf(ulimit, 4, (limit) => (limit as { Name: string }).Name),
    // An empty list is not absence here: it uncovers what the engine hides.
    'MaskedPaths ReadonlyPaths': oneOf(),
    'Privileged PublishAllPorts OomKillDisable': oneOf(false),
    'CapAdd Capabilities GroupAdd VolumesFrom Links Devices DeviceCgroupRules DeviceRequests': oneOf([]),
    'ExtraHosts Dns DnsOptions DnsSearch BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps': oneOf([]),
    'BlkioDeviceReadIOps BlkioDeviceWriteIOps': oneOf([]),
    'PortBindings StorageOpt Annotations Sysctls': oneOf({}),
    'PidMode UTSMode UsernsMode Cgroup CgroupParent Isolation VolumeDriver Runtime': oneOf(''),
    'CpusetCpus CpusetMems ContainerIDFile': oneOf(''),
    'OomScoreAdj MemorySwappiness MemoryReservation KernelMemory KernelMemoryTCP CpuShares CpuPeriod': oneOf(0),
    'CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpuCount CpuPercent BlkioWeight': oneOf(0),
    'IOMaximumIOps IOMaximumBandwidth': oneOf(0),
    ConsoleSize: oneOf([], [0, 0]),
  });

const ENDPOINT = object({
  'IPAMConfig DriverOpts': oneOf({}),
  'Links Aliases DNSNames': oneOf([]),
  'MacAddress NetworkID EndpointID Gateway IPAddress IPv6Gateway GlobalIPv6Address': oneOf(''),
  'GwPriority IPPrefixLen GlobalIPv6PrefixLen': oneOf(0),
});

type Mount = { Type?: string; Source?: string; Target: string; ReadOnly?: boolean };
type Host = {
  NetworkMode: string;
  Memory: number;
  MemorySwap?: number;
  Mounts?: Mount[];
  Binds?: Mount[];
  Tmpfs?: object;
};
/** What the shape above leaves of a body, as far as its fields depend on each other. */
type Shaped = { Labels?: object; HostConfig: Host; NetworkingConfig?: { EndpointsConfig?: object } };

/** Builds the judge of `POST /containers/create`: from the document as sent to the body that is forwarded. */
export function createJudge(policy: Policy, owner: string): (document: Json) => { HostConfig: Host } {
  const judge = config(policy);
  return (document) => {
    const body = judge(document, 'create') as Shaped;
    const { Binds = [], ...host } = body.HostConfig;
    const Mounts = [...Binds, ...(host.Mounts ?? [])];
    const targets = [...Mounts.map((entry) => entry.Target), ...Object.keys(host.Tmpfs ?? {})];
    if (new Set(targets).size !== targets.length) refuse('create.HostConfig.Mounts', 'has a target twice');
    if ((host.MemorySwap || host.Memory) !== host.Memory) refuse('create.HostConfig.MemorySwap', 'must equal Memory');
    if (Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {}).some((name) => name !== host.NetworkMode))
      refuse('create.NetworkingConfig.EndpointsConfig', 'may only name the network of NetworkMode');
    // A bind goes out as a mount, which has no options and never creates its source.
    const HostConfig = { ...host, MemorySwap: host.Memory, ...(Mounts.length > 0 && { Mounts }) };
    return { ...body, Labels: { ...body.Labels, [OWNER_LABEL]: owner }, HostConfig };
  };
}

const TAG = ':[A-Za-z0-9_][A-Za-z0-9._-]{0,127}';
const DIGEST = '@sha256:[0-9a-f]{64}';

/** The pattern of an image that runs may use: our namespace, a tag or a digest, nothing implied. */
export function imagePattern(policy: Policy): RegExp {
  const end = policy.requireDigest ? `(?:${TAG})?${DIGEST}` : `(?:${TAG}(?:${DIGEST})?|${DIGEST})`;
  return new RegExp(`^(?:docker\\.io/)?${repositoryPattern(policy)}${end}$`);
}

/** Source text of the pattern of `namespace/repository`, without a registry and a tag. */
export function repositoryPattern(policy: Policy): string {
  const names = policy.repositories?.map((name) => name.replaceAll('.', '\\.')).join('|');
  return `${policy.imageNamespace}(?:${names ?? '[a-z0-9]{1,64}(?:(?:\\.|__?|-{1,4})[a-z0-9]{1,64}){0,8}'})`;
}

function orEmpty(judge: Judge): Judge {
  return (value, at) => (value === null ? {} : (judge(value, at) ?? {}));
}

function command(subCommands: string[]): Judge {
  const words = listOf(text(/^[^\0]*$/, 'must be strings without NUL'), 64);
  return (value, at) => {
    const judged = words(value, at) as [string, ...string[]] | undefined;
    if (judged && !subCommands.includes(judged[0])) refuse(at, 'must begin with a sub-command of the policy');
    if (Buffer.byteLength(judged?.join(' ') ?? '') > 32 * 1024) refuse(at, 'must not be longer than 32 KiB');
    return judged;
  };
}

function environment(prefixes: string[]): Judge {
  // TZ and the locale become file names in libc: no leading slash, and no dots that lead out of their folders.
  const own = `(?:${prefixes.join('|')})[A-Z0-9_]{1,128}=[^\\0]*`;
  const locale = '(?:TZ=(?:[A-Za-z][A-Za-z0-9_+/-]{0,63})?|(?:LANG|LC_ALL)=(?:[A-Za-z][A-Za-z0-9_.@-]{0,63})?)';
  const entry = text(new RegExp(`^(?:${own}|${locale})$`), 'has a variable that is not allowed');
  return listOf(entry, 256, (line) => String(line).split('=')[0]);
}

function mount(policy: Pick<Policy, 'runsRoot' | 'mountTargets'>, tmpfsBytes: number): Judge {
  // One segment below the root and no more: an agent can plant a link inside its folder, and the daemon would follow it.
  const root = policy.runsRoot.replace(/[^A-Za-z0-9/_-]/g, '\\$&');
  const bound = object({
    'Type!': oneOf('bind'),
    'Source!': text(new RegExp(`^${root}/[a-z0-9][a-z0-9_-]{0,127}$`), 'must be a folder directly below the runs root'),
    'Target!': oneOf(...policy.mountTargets),
    ReadOnly: boolean,
    Consistency: oneOf(''),
    BindOptions: object({
      Propagation: oneOf(''),
      'NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive': oneOf(false),
    }),
    'VolumeOptions TmpfsOptions ImageOptions ClusterOptions': oneOf({}),
  });
  const tmpfs = object({
    'Type!': oneOf('tmpfs'),
    'Target!': oneOf('/tmp', '/run'),
    'TmpfsOptions!': object({ 'SizeBytes!': whole(1, tmpfsBytes), Mode: whole(0, 0o1777), Options: oneOf([]) }),
    'Source Consistency': oneOf(''),
    ReadOnly: oneOf(false),
    'VolumeOptions BindOptions ImageOptions ClusterOptions': oneOf({}),
  });
  return (value, at) => {
    const judged = (findObject(value)?.Type === 'tmpfs' ? tmpfs : bound)(value, at) as Mount;
    if (judged.Target === '/in' && judged.ReadOnly !== true) refuse(`${at}.ReadOnly`, 'must be true for /in');
    return judged;
  };
}

function bind(asMount: Judge): Judge {
  return (value, at) => {
    const pattern = /^(?<Source>[^:]*):(?<Target>[^:]*):(?<mode>ro|rw)$/;
    const { Source = '', Target = '', mode = '' } = pattern.exec(String(value))?.groups ?? {};
    if (mode === '' || typeof value !== 'string') refuse(at, 'must be source:target:ro or source:target:rw');
    return asMount({ Type: 'bind', Source, Target, ReadOnly: mode === 'ro' }, at);
  };
}

function size(most: number): Judge {
  return (value, at) => {
    const pattern = /^(?<digits>[1-9]\d{0,11})(?<unit>[kmg])?$/i;
    const { digits, unit = ' ' } = pattern.exec(typeof value === 'string' ? value : '')?.groups ?? {};
    const bytes = Number(digits) * 1024 ** ' kmg'.indexOf(unit.toLowerCase());
    return bytes <= most ? value : refuse(at, 'must be a size within the policy, as "64m"');
  };
}

function tmpfsOptions(most: number): Judge {
  const bounded = size(most);
  const known = /^(?:r[wo]|noexec|nosuid|nodev|size=\w+|mode=0?[01]?[0-7]{3}|[ug]id=\d{1,9})$/;
  return (value, at) => {
    const words = String(value).split(',');
    const options = new Map(words.map((word) => [word.replace(/=.*|r[wo]/, ''), word]));
    const needed = ['noexec', 'nosuid', 'nodev', 'size'].every((name) => options.has(name));
    if (typeof value !== 'string' || !needed || options.size < words.length || !words.every((word) => known.test(word)))
      refuse(at, 'must have noexec, nosuid, nodev, size, and no option beyond rw, ro, mode, uid, gid');
    return bounded(String(options.get('size')).slice(5), at) && value;
  };
}

function log(most: number): Judge {
  const judge = object({
    Type: oneOf('', 'json-file', 'local'),
    Config: object({ 'max-size': size(most), 'max-file': text(/^[1-9]$/, 'must be a digit') }),
  });
  return (value, at) => {
    const judged = judge(value, at) as { Type?: string; Config?: Record<string, string> } | undefined;
    if (judged && !(judged.Type && judged.Config?.['max-size'])) refuse(at, 'must have a Type and a max-size');
    return judged;
  };
}

const MOST_OF_LIMIT = { nofile: 65_536, nproc: 4096, core: 0, fsize: 2 ** 40 };
const ULIMIT = object({ 'Name!': oneOf(...Object.keys(MOST_OF_LIMIT)), 'Soft! Hard!': whole(0, 2 ** 40) });

function ulimit(value: Json, at: string): unknown {
  const { Name, Soft, Hard } = ULIMIT(value, at) as { Name: keyof typeof MOST_OF_LIMIT; Soft: number; Hard: number };
  return Soft <= Hard && Hard <= MOST_OF_LIMIT[Name] ? { Name, Soft, Hard } : refuse(at, 'is over its bound');
}
