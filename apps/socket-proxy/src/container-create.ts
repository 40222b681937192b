import type { Json } from './json-reader.ts';
import type { Policy } from './policy.ts';
import {
  between,
  fields,
  flag,
  type Judge,
  list,
  mustBeTrue,
  never,
  noFlag,
  noList,
  noMap,
  noNumber,
  noText,
  object,
  oneOf,
  orZero,
  record,
  refuse,
  text,
} from './shape.ts';

export const OWNER_LABEL = 'com.bigeye.proxy.owner';
export const SIGNALS = /^(?:SIG)?(?:TERM|INT|QUIT|KILL)$/;
const MAX_ID = 2 ** 31 - 1;
const MIB = 1024 ** 2;

interface Mount {
  Type: string;
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  TmpfsOptions?: object;
}
interface Canonical {
  Labels?: Record<string, string>;
  HostConfig: {
    NetworkMode: string;
    Memory: number;
    MemorySwap?: number;
    Mounts?: Mount[];
    Binds?: Mount[];
    Tmpfs?: Record<string, string>;
  };
  NetworkingConfig?: { EndpointsConfig?: Record<string, unknown> };
}

/**
 * Builds the judge of `POST /containers/create`: from a document as sent to the body that is forwarded. Only what the
 * table below names can get through, in the spelling it has here; every other field of the API must be absent or zero.
 */
export function createJudge(policy: Policy, owner: string): (document: Json) => object {
  const judge = object(configFields(policy), ['Image', 'User', 'HostConfig']);
  return (document) => {
    const body = judge(document, 'create') as Canonical;
    const host = body.HostConfig;
    const mounts = [...(host.Binds ?? []), ...(host.Mounts ?? [])];
    const targets = [...mounts.map((mount) => mount.Target), ...Object.keys(host.Tmpfs ?? {})];
    if (new Set(targets).size !== targets.length)
      refuse('create.HostConfig.Mounts', 'has a target twice, over Binds, Mounts and Tmpfs');
    if ((host.MemorySwap ?? host.Memory) !== host.Memory) refuse('create.HostConfig.MemorySwap', 'must equal Memory');
    const endpoints = Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {});
    if (endpoints.some((network) => network !== host.NetworkMode))
      refuse('create.NetworkingConfig', 'may only name the network of NetworkMode');
    // A bind in the old spelling goes out in the new one, which has no options and never creates the source.
    const { Binds: _, ...rest } = host;
    const HostConfig = { ...rest, MemorySwap: host.Memory, ...(mounts.length > 0 && { Mounts: mounts }) };
    return { ...body, Labels: { ...body.Labels, [OWNER_LABEL]: owner }, HostConfig };
  };
}

/** The pattern of an image that runs may use: our namespace, a tag or a digest, nothing implied. */
export function imagePattern(policy: Policy): RegExp {
  const tag = policy.requireDigest ? '(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?' : ':[A-Za-z0-9_][A-Za-z0-9._-]{0,127}';
  const digest = '@sha256:[0-9a-f]{64}';
  const end = policy.requireDigest ? `${tag}${digest}` : `(?:${tag}(?:${digest})?|${digest})`;
  return new RegExp(`^(?:docker\\.io/)?${repositoryPattern(policy)}${end}$`);
}

/** Source text of the pattern of `namespace/repository`, without a registry and a tag. */
export function repositoryPattern(policy: Policy): string {
  const names = policy.repositories?.map((name) => name.replaceAll('.', '\\.')).join('|');
  return `${policy.imageNamespace}(?:${names ?? '[a-z0-9]{1,64}(?:(?:\\.|__?|-{1,4})[a-z0-9]{1,64}){0,8}'})`;
}

function configFields(policy: Policy): Record<string, Judge> {
  return {
    Image: text(imagePattern(policy), 'must be an image of the allowed namespace with a tag or digest'),
    User: user,
    Cmd: command(policy),
    Env: environment(policy),
    Labels: record(
      /^com\.bigeye\.run\.[A-Za-z0-9._-]{1,63}$/,
      text(/^[ -~]{0,256}$/, 'must have printable ASCII values'),
    ),
    WorkingDir: orZero('', oneOf(['/workspace', '/app'])),
    // The daemon makes host names resolvable for the neighbours: an agent must not be called like a service they trust.
    Hostname: orZero(
      '',
      text(
        /^(?!.*(?:proxy|orchestrator)|docker$|localhost$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
        'must be a plain DNS label',
      ),
    ),
    ...fields('AttachStdout AttachStderr NetworkDisabled', flag),
    StopSignal: orZero('', text(SIGNALS, 'must be TERM, INT, QUIT or KILL')),
    StopTimeout: between(0, 600),
    Healthcheck: object({
      Test: (value, at) => (Array.isArray(value) && value.length === 0 ? undefined : exactly('NONE')(value, at)),
      ...fields('Interval Timeout Retries StartPeriod StartInterval', noNumber),
    }),
    HostConfig: object(
      hostFields(policy),
      'NetworkMode CapDrop SecurityOpt ReadonlyRootfs Memory NanoCpus PidsLimit'.split(' '),
    ),
    NetworkingConfig: object({ EndpointsConfig: record(/^[a-z0-9][a-z0-9_.-]{0,62}$/, endpoint) }),
    ...fields('Entrypoint Shell OnBuild', noList),
    ...fields('ExposedPorts Volumes', noMap),
    ...fields('Domainname MacAddress', noText),
    ...fields('ArgsEscaped AttachStdin OpenStdin StdinOnce Tty', noFlag),
  };
}

function hostFields(policy: Policy): Record<string, Judge> {
  const { limits } = policy;
  return {
    NetworkMode: oneOf(policy.networks),
    CapDrop: exactly('ALL'),
    SecurityOpt: exactly('no-new-privileges', 'no-new-privileges:true', 'no-new-privileges=true'),
    ReadonlyRootfs: mustBeTrue,
    Memory: between(32 * MIB, limits.memoryBytes),
    MemorySwap: orZero(0, between(32 * MIB, limits.memoryBytes)),
    NanoCpus: between(100_000_000, limits.nanoCpus),
    PidsLimit: between(1, limits.pids),
    ShmSize: orZero(0, between(1, limits.shmBytes)),
    ...fields('Init AutoRemove', flag),
    IpcMode: orZero('', oneOf(['private', 'none'])),
    CgroupnsMode: orZero('', oneOf(['private'])),
    Mounts: list(mount(policy)),
    Binds: list(bind(policy)),
    Tmpfs: record(/^\/(?:tmp|run)$/, tmpfsOptions(limits.tmpfsBytes)),
    LogConfig: logConfig(limits.logBytes),
    RestartPolicy: object({ Name: orZero('', oneOf(['no'])), MaximumRetryCount: noNumber }),
    Ulimits: ulimits,
    // Empty is not absent here: an empty list takes the daemon's own masks away.
    ...fields('MaskedPaths ReadonlyPaths', never),
    ...fields(
      'CapAdd Capabilities VolumesFrom Devices DeviceCgroupRules DeviceRequests GroupAdd Links ExtraHosts Dns',
      noList,
    ),
    ...fields('DnsOptions DnsSearch BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps', noList),
    ...fields('BlkioDeviceReadIOps BlkioDeviceWriteIOps', noList),
    ...fields('PortBindings StorageOpt Annotations Sysctls', noMap),
    ...fields(
      'PidMode UTSMode UsernsMode Cgroup CgroupParent Isolation VolumeDriver Runtime CpusetCpus CpusetMems',
      noText,
    ),
    ContainerIDFile: noText,
    ...fields('Privileged PublishAllPorts OomKillDisable', noFlag),
    ...fields(
      'OomScoreAdj MemorySwappiness MemoryReservation KernelMemory KernelMemoryTCP CpuShares CpuPeriod CpuQuota',
      noNumber,
    ),
    ...fields(
      'CpuRealtimePeriod CpuRealtimeRuntime BlkioWeight CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth',
      noNumber,
    ),
    ConsoleSize: (value, at) =>
      Array.isArray(value) && value.length <= 2 && value.every((side) => side === 0)
        ? undefined
        : refuse(at, 'must not be set'),
  };
}

const exactly =
  (...allowed: string[]): Judge =>
  (value, at) =>
    Array.isArray(value) && value.length === 1 && allowed.includes(value[0] as string)
      ? value
      : refuse(at, `must be exactly ["${allowed[0]}"]`);

const user: Judge = (value, at) => {
  const match = typeof value === 'string' ? /^([1-9]\d{0,9}):([1-9]\d{0,9})$/.exec(value) : null;
  return match && Number(match[1]) <= MAX_ID && Number(match[2]) <= MAX_ID
    ? value
    : refuse(at, 'must be uid:gid, both numeric and not 0');
};

function command(policy: Policy): Judge {
  const words = list(text(/^[^\0]*$/, 'must be strings without NUL'));
  return (value, at) => {
    const judged = words(value, at) as string[] | undefined;
    if (judged && !policy.subCommands.includes(judged[0] ?? ''))
      refuse(at, 'must begin with a sub-command of the policy');
    if (judged && Buffer.byteLength(judged.join(' ')) > 32 * 1024) refuse(at, 'must not be longer than 32 KiB');
    return judged;
  };
}

function environment(policy: Policy): Judge {
  // TZ and the locale become file names in libc: no leading slash and no dots that lead out of their folders.
  const entry = new RegExp(
    `^(?:(?:${policy.envPrefixes.join('|')})[A-Z0-9_]{1,128}=[^\\0]*|TZ=[A-Za-z][A-Za-z0-9_+/-]{0,63}|(?:LANG|LC_ALL)=[A-Za-z][A-Za-z0-9_.@-]{0,63})$`,
  );
  const entries = list(text(entry, 'has a variable that is not in the positive list'), 256);
  return (value, at) => {
    const judged = entries(value, at) as string[] | undefined;
    const names = judged?.map((line) => line.slice(0, line.indexOf('=')));
    if (new Set(names).size !== (names?.length ?? 0)) refuse(at, 'has a variable twice');
    return judged;
  };
}

const endpoint: Judge = (value, at) =>
  (value === null
    ? undefined
    : object({
        ...fields('IPAMConfig DriverOpts', noMap),
        ...fields('Links Aliases DNSNames', noList),
        ...fields('MacAddress NetworkID EndpointID Gateway IPAddress IPv6Gateway GlobalIPv6Address', noText),
        ...fields('GwPriority IPPrefixLen GlobalIPv6PrefixLen', noNumber),
      })(value, at)) ?? {};

/** One segment below the runs root and no more: an agent can plant a link inside its folder, and the daemon would follow it. */
function runFolder(policy: Policy): RegExp {
  return new RegExp(`^${policy.runsRoot.replace(/[^A-Za-z0-9/_-]/g, '\\$&')}/[a-z0-9][a-z0-9_-]{0,127}$`);
}

function mount(policy: Policy): Judge {
  const bindMount = object(
    {
      Type: oneOf(['bind']),
      Source: text(runFolder(policy), 'must be one folder directly below the runs root'),
      Target: oneOf(policy.mountTargets),
      ReadOnly: flag,
      Consistency: noText,
      BindOptions: object({
        Propagation: noText,
        ...fields('NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive', noFlag),
      }),
      ...fields('VolumeOptions TmpfsOptions ImageOptions ClusterOptions', noMap),
    },
    ['Source', 'Target'],
  );
  const tmpfsMount = object(
    {
      Type: oneOf(['tmpfs']),
      Source: noText,
      Target: oneOf(['/tmp', '/run']),
      ReadOnly: noFlag,
      Consistency: noText,
      TmpfsOptions: object(
        { SizeBytes: between(1, policy.limits.tmpfsBytes), Mode: between(0, 0o1777), Options: noList },
        ['SizeBytes'],
      ),
      ...fields('VolumeOptions BindOptions ImageOptions ClusterOptions', noMap),
    },
    ['Target', 'TmpfsOptions'],
  );
  return (value, at) => {
    const type = value instanceof Map ? value.get('Type') : undefined;
    if (type === 'tmpfs') return tmpfsMount(value, at);
    if (type !== 'bind') return refuse(`${at}.Type`, 'must be bind or tmpfs');
    const judged = bindMount(value, at) as Mount;
    if (judged.Target === '/in' && judged.ReadOnly !== true) refuse(`${at}.ReadOnly`, 'must be true for /in');
    return judged;
  };
}

function bind(policy: Policy): Judge {
  const judgeMount = mount(policy);
  return (value, at) => {
    const parts = typeof value === 'string' ? value.split(':') : [];
    const [source = '', target = '', mode = ''] = parts;
    if (parts.length !== 3 || (mode !== 'ro' && mode !== 'rw'))
      return refuse(at, 'must be source:target:ro or source:target:rw');
    const entries: [string, Json][] = [
      ['Type', 'bind'],
      ['Source', source],
      ['Target', target],
      ['ReadOnly', mode === 'ro'],
    ];
    return judgeMount(new Map(entries), at);
  };
}

function tmpfsOptions(mostBytes: number): Judge {
  const known = /^(?:rw|ro|noexec|nosuid|nodev|size=([1-9]\d{0,11})([kmg]?)|mode=0?[01]?[0-7]{3}|[ug]id=\d{1,9})$/;
  return (value, at) => {
    const words = typeof value === 'string' ? value.split(',') : [];
    const names = new Set(words.map((word) => word.split('=')[0]));
    if (names.size !== words.length || !words.every((word) => known.test(word)) || (names.has('rw') && names.has('ro')))
      return refuse(at, 'has an option that is not in the positive list, or one twice');
    for (const name of ['noexec', 'nosuid', 'nodev', 'size'])
      if (!names.has(name)) refuse(at, `must have the option ${name}`);
    const size = known.exec(words.find((word) => word.startsWith('size=')) ?? '');
    return bytes(size) <= mostBytes ? value : refuse(at, 'is larger than the policy allows');
  };
}

function bytes(match: RegExpExecArray | null): number {
  return Number(match?.[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf(match?.[2] ?? '');
}

function logConfig(mostBytes: number): Judge {
  const size = /^([1-9]\d{0,5})([kmg])$/;
  const judge = object({
    Type: orZero('', oneOf(['json-file', 'local'])),
    Config: object({
      'max-size': (value, at) =>
        typeof value === 'string' && bytes(size.exec(value)) <= mostBytes
          ? value
          : refuse(at, 'must be a size within the policy, as "10m"'),
      'max-file': text(/^[1-9]$/, 'must be one digit'),
    }),
  });
  return (value, at) => {
    const judged = judge(value, at) as { Type?: string; Config?: Record<string, string> } | undefined;
    if (judged && !(judged.Type && judged.Config?.['max-size'])) refuse(at, 'must have a Type and a max-size');
    return judged;
  };
}

const ulimits: Judge = (value, at) => {
  const most: Record<string, number> = { nofile: 65_536, nproc: 4096, core: 0, fsize: 2 ** 40 };
  const judged = list(
    object({ Name: oneOf(Object.keys(most)), Soft: between(0, 2 ** 40), Hard: between(0, 2 ** 40) }, [
      'Name',
      'Soft',
      'Hard',
    ]),
  )(value, at) as { Name: string; Soft: number; Hard: number }[] | undefined;
  for (const limit of judged ?? [])
    if (limit.Soft > limit.Hard || limit.Hard > (most[limit.Name] ?? 0)) refuse(at, 'is over its bound');
  if (new Set(judged?.map((limit) => limit.Name)).size !== (judged?.length ?? 0)) refuse(at, 'has a name twice');
  return judged;
};
