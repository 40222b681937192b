import { findObject, type Json } from './json-reader.ts';
import type { Policy } from './policy.ts';
import { type Judge, listOf, mapOf, refuse, shape, textOf } from './shape.ts';

export const OWNER_LABEL = 'com.bigeye.proxy.owner';
export const SIGNAL = /^(?:SIG)?(?:TERM|INT|QUIT|KILL)$/;

/** Every field of ContainerCreate that may appear. What is not in here, in this spelling, is refused. */
const FIELDS = `
  Image!                                                          image of the namespace with tag or digest
  User!                                                           numeric uid:gid other than 0
  Cmd                                                             sub-command with arguments
  Env                                                             allowed variables
  Labels                                                          run labels
  WorkingDir                                                      "" | "/workspace" | "/app"
  Hostname                                                        "" | DNS label
  AttachStdout AttachStderr NetworkDisabled                       boolean
  StopSignal                                                      "" | signal
  StopTimeout                                                     0..600
  Healthcheck                                                     {
    Test                                                          [] | ["NONE"]
    Interval Timeout Retries StartPeriod StartInterval            0
  }
  Entrypoint Shell OnBuild                                        []
  ExposedPorts Volumes                                            {}
  Domainname MacAddress                                           ""
  ArgsEscaped AttachStdin OpenStdin StdinOnce Tty                 false
  NetworkingConfig                                                {
    EndpointsConfig                                               endpoints
  }
  HostConfig!                                                     {
    NetworkMode!                                                  allowed network
    CapDrop!                                                      ["ALL"]
    SecurityOpt!                                                  ["no-new-privileges"] | ["no-new-privileges:true"] | ["no-new-privileges=true"]
    ReadonlyRootfs!                                               true
    Memory!                                                       33554432..memoryBytes
    MemorySwap                                                    0 | 33554432..memoryBytes
    NanoCpus!                                                     100000000..nanoCpus
    PidsLimit!                                                    1..pids
    ShmSize                                                       0 | 1..shmBytes
    Init AutoRemove                                               boolean
    IpcMode                                                       "" | "private" | "none"
    CgroupnsMode                                                  "" | "private"
    Mounts                                                        mounts
    Binds                                                         binds
    Tmpfs                                                         tmpfs
    LogConfig                                                     log
    RestartPolicy                                                 {
      Name                                                        "" | "no"
      MaximumRetryCount                                           0
    }
    Ulimits                                                       ulimits
    MaskedPaths ReadonlyPaths                                     null
    Privileged PublishAllPorts OomKillDisable                     false
    CapAdd Capabilities GroupAdd VolumesFrom Links                []
    Devices DeviceCgroupRules DeviceRequests                      []
    ExtraHosts Dns DnsOptions DnsSearch                           []
    BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps      []
    BlkioDeviceReadIOps BlkioDeviceWriteIOps                      []
    PortBindings StorageOpt Annotations Sysctls                   {}
    PidMode UTSMode UsernsMode Cgroup CgroupParent Isolation      ""
    VolumeDriver Runtime CpusetCpus CpusetMems ContainerIDFile    ""
    OomScoreAdj MemorySwappiness MemoryReservation KernelMemory   0
    KernelMemoryTCP CpuShares CpuPeriod CpuQuota BlkioWeight      0
    CpuRealtimePeriod CpuRealtimeRuntime CpuCount CpuPercent      0
    IOMaximumIOps IOMaximumBandwidth                              0
    ConsoleSize                                                   [] | [0,0]
  }`;

const BIND = `
  Type!                                                           "bind"
  Source!                                                         folder directly below the runs root
  Target!                                                         allowed target
  ReadOnly                                                        boolean
  Consistency                                                     ""
  BindOptions                                                     {
    Propagation                                                   ""
    NonRecursive CreateMountpoint                                 false
    ReadOnlyNonRecursive ReadOnlyForceRecursive                   false
  }
  VolumeOptions TmpfsOptions ImageOptions ClusterOptions          {}`;

const TMPFS = `
  Type!                                                           "tmpfs"
  Target!                                                         "/tmp" | "/run"
  TmpfsOptions!                                                   {
    SizeBytes!                                                    1..tmpfsBytes
    Mode                                                          0..1023
    Options                                                       []
  }
  Source Consistency                                              ""
  ReadOnly                                                        false
  VolumeOptions BindOptions ImageOptions ClusterOptions           {}`;

const ENDPOINT = `
  IPAMConfig DriverOpts                                           {}
  Links Aliases DNSNames                                          []
  MacAddress NetworkID EndpointID Gateway IPAddress IPv6Gateway   ""
  GlobalIPv6Address                                               ""
  GwPriority IPPrefixLen GlobalIPv6PrefixLen                      0`;

const LOG = `
  Type                                                            "" | "json-file" | "local"
  Config                                                          {
    max-size                                                      size
    max-file                                                      digit
  }`;

const ULIMIT = `
  Name!                                                           "nofile" | "nproc" | "core" | "fsize"
  Soft! Hard!                                                     0..1099511627776`;
const MOST: Record<string, number> = { nofile: 65_536, nproc: 4096, core: 0, fsize: 2 ** 40 };

interface Mount {
  Target: string;
  ReadOnly?: boolean;
}
interface Canonical {
  Labels?: Record<string, string>;
  HostConfig: {
    NetworkMode: string;
    Memory: number;
    MemorySwap?: number;
    Mounts?: Mount[];
    Binds?: Mount[];
    Tmpfs?: object;
  };
  NetworkingConfig?: { EndpointsConfig?: object };
}

const ID = '(?:[1-9]\\d{0,8}|1\\d{9}|20\\d{8})';

/** Builds the judge of `POST /containers/create`: from the document as sent to the body that is forwarded. */
export function createJudge(policy: Policy, owner: string): (document: Json) => object {
  const mount = mountJudge(policy);
  const endpoint = shape(ENDPOINT, {});
  const judge = shape(FIELDS, {
    ...policy.limits,
    'image of the namespace with tag or digest': imagePattern(policy),
    'numeric uid:gid other than 0': new RegExp(`^${ID}:${ID}$`),
    'sub-command with arguments': commandJudge(policy.subCommands),
    'allowed variables': environmentJudge(policy.envPrefixes),
    'run labels': mapOf(/^com\.bigeye\.run\.[A-Za-z0-9._-]{1,63}$/, textOf(/^[ -~]{0,256}$/, 'must have ASCII values')),
    // Host names become resolvable for the neighbours: an agent must not be called like a service that they trust.
    'DNS label': /^(?!.*(?:proxy|orchestrator)|docker$|localhost$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    signal: SIGNAL,
    endpoints: mapOf(/^[a-z0-9][a-z0-9_.-]{0,62}$/, (value, at) => (value && endpoint(value, at)) ?? {}),
    'allowed network': policy.networks,
    mounts: listOf(mount, 8),
    binds: listOf((value, at) => mount(readBind(value, at), at), 8),
    tmpfs: mapOf(/^\/(?:tmp|run)$/, tmpfsJudge(policy.limits.tmpfsBytes)),
    log: logJudge(policy.limits.logBytes),
    ulimits: ulimitsJudge(),
  });
  return (document) => {
    const body = judge(document, 'create') as Canonical;
    const { Binds = [], ...host } = body.HostConfig;
    const Mounts = [...Binds, ...(host.Mounts ?? [])];
    const targets = [...Mounts.map((entry) => entry.Target), ...Object.keys(host.Tmpfs ?? {})];
    if (new Set(targets).size !== targets.length) refuse('create.HostConfig.Mounts', 'has a target twice');
    if ((host.MemorySwap ?? host.Memory) !== host.Memory) refuse('create.HostConfig.MemorySwap', 'must equal Memory');
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

function commandJudge(subCommands: string[]): Judge {
  const words = listOf(textOf(/^[^\0]*$/, 'must be strings without NUL'), 64);
  return (value, at) => {
    const judged = words(value, at) as string[] | undefined;
    if (judged && !subCommands.includes(judged[0] ?? '')) refuse(at, 'must begin with a sub-command of the policy');
    if (Buffer.byteLength(judged?.join(' ') ?? '') > 32 * 1024) refuse(at, 'must not be longer than 32 KiB');
    return judged;
  };
}

function environmentJudge(prefixes: string[]): Judge {
  // TZ and the locale become file names in libc: no leading slash, and no dots that lead out of their folders.
  const own = `(?:${prefixes.join('|')})[A-Z0-9_]{1,128}=[^\\0]*`;
  const entry = new RegExp(
    `^(?:${own}|TZ=[A-Za-z][A-Za-z0-9_+/-]{0,63}|(?:LANG|LC_ALL)=[A-Za-z][A-Za-z0-9_.@-]{0,63})$`,
  );
  return listOf(textOf(entry, 'has a variable that is not allowed'), 256, (line) => String(line).split('=')[0]);
}

function mountJudge(policy: Policy): Judge {
  // One segment below the root and no more: an agent can plant a link inside its folder, and the daemon would follow it.
  const root = policy.runsRoot.replace(/[^A-Za-z0-9/_-]/g, '\\$&');
  const folder = new RegExp(`^${root}/[a-z0-9][a-z0-9_-]{0,127}$`);
  const bind = shape(BIND, { 'folder directly below the runs root': folder, 'allowed target': policy.mountTargets });
  const tmpfs = shape(TMPFS, policy.limits);
  return (value, at) => {
    const judged = (findObject(value)?.Type === 'tmpfs' ? tmpfs : bind)(value, at) as Mount;
    if (judged.Target === '/in' && judged.ReadOnly !== true) refuse(`${at}.ReadOnly`, 'must be true for /in');
    return judged;
  };
}

function readBind(value: Json, at: string): Json {
  const match = typeof value === 'string' ? /^([^:]*):([^:]*):(ro|rw)$/.exec(value) : null;
  if (!match) return refuse(at, 'must be source:target:ro or source:target:rw');
  return { Type: 'bind', Source: match[1] ?? '', Target: match[2] ?? '', ReadOnly: match[3] === 'ro' };
}

function sizeWithin(text: string, most: number): boolean {
  const [, digits, unit = ''] = /^([1-9]\d{0,11})([kmg]?)$/.exec(text) ?? [];
  return digits !== undefined && Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit) <= most;
}

function tmpfsJudge(most: number): Judge {
  return (value, at) => {
    const options = new Map(
      String(value)
        .split(',')
        .map((word) => [word.split('=')[0], word] as const),
    );
    const known = /^(?:r[wo]|noexec|nosuid|nodev|size=\w+|mode=0?[01]?[0-7]{3}|[ug]id=\d{1,9})$/;
    const all =
      ['noexec', 'nosuid', 'nodev'].every((name) => options.has(name)) && !(options.has('rw') && options.has('ro'));
    // Rebuilding the text and comparing it leaves no room for an option that is given twice.
    const text = [...options.values()].join(',');
    if (!all || text !== value || ![...options.values()].every((word) => known.test(word)))
      return refuse(at, 'must have noexec, nosuid, nodev, size, and no option beyond rw, ro, mode, uid, gid');
    return sizeWithin(options.get('size')?.slice(5) ?? '', most)
      ? value
      : refuse(at, 'must have a size within the policy');
  };
}

function logJudge(most: number): Judge {
  const size: Judge = (value, at) =>
    typeof value === 'string' && /[kmg]$/.test(value) && sizeWithin(value, most)
      ? value
      : refuse(at, 'must be a size, as "10m"');
  const judge = shape(LOG, { size, digit: /^[1-9]$/ });
  return (value, at) => {
    const judged = judge(value, at) as { Type?: string; Config?: Record<string, string> } | undefined;
    if (judged && !(judged.Type && judged.Config?.['max-size'])) refuse(at, 'must have a Type and a max-size');
    return judged;
  };
}

function ulimitsJudge(): Judge {
  const judge = shape(ULIMIT, {});
  const entry: Judge = (value, at) => {
    const { Name, Soft, Hard } = judge(value, at) as { Name: string; Soft: number; Hard: number };
    return Soft <= Hard && Hard <= (MOST[Name] ?? 0) ? { Name, Soft, Hard } : refuse(at, 'is over its bound');
  };
  return listOf(entry, 4, (limit) => (limit as { Name: string }).Name);
}
