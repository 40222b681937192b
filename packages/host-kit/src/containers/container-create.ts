import { type ContainerSpec, runLabels } from './container-runner.ts';

const mib = 1024 * 1024;

/** The body of a create request: what a run may do is decided here first, and by the guard again. */
export function containerCreateBody(spec: ContainerSpec) {
  return {
    Image: spec.image,
    Cmd: spec.command,
    User: `${spec.user.uid}:${spec.user.gid}`,
    Labels: {
      [runLabels.run]: spec.runId,
      [runLabels.job]: spec.jobId,
      [runLabels.host]: spec.hostId,
      [runLabels.attempt]: String(spec.attempt),
    },
    HostConfig: {
      NetworkMode: spec.network,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Init: true,
      Memory: spec.limits.memoryMib * mib,
      MemorySwap: spec.limits.memoryMib * mib,
      NanoCpus: Math.round(spec.limits.cpus * 1e9),
      PidsLimit: spec.limits.pids,
      Mounts: [
        { Type: 'bind', Source: spec.inFolder, Target: '/in', ReadOnly: true },
        { Type: 'bind', Source: spec.outFolder, Target: '/out' },
        { Type: 'tmpfs', Target: '/tmp', TmpfsOptions: { SizeBytes: 64 * mib } },
      ],
      // The engine's file is the spool while the control plane is away, so it holds more than the cap of a run's log.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '100m', 'max-file': '2' } },
      RestartPolicy: { Name: 'no' },
    },
  };
}
