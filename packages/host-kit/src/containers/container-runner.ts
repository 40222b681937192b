import type { HostId, JobId, RunId, RunLimits } from '@bigeye/contracts';
import type { StackUser } from '../stack-user.ts';
import type { ReadLine } from './log-frames.ts';

/** Everything about a run's container that differs from run to run. The rest is the same for all, and hardened. */
export interface ContainerSpec {
  name: string;
  runId: RunId;
  jobId: JobId;
  hostId: HostId;
  attempt: number;
  image: string;
  command: string[];
  user: StackUser;
  limits: RunLimits;
  network: string;
  /** Host folders: `/in` is read-only, `/out` takes what the agent leaves. */
  inFolder: string;
  outFolder: string;
}

export type ContainerState = { phase: 'created' } | { phase: 'running'; startedAt: string } | ContainerExit;

export interface ContainerExit {
  phase: 'exited';
  exitCode: number;
  outOfMemory: boolean;
  startedAt: string;
  finishedAt: string;
}

export interface Container {
  id: string;
  name: string;
  /** The run it was made for, from its label; undefined for a container that is not ours. */
  runId: RunId | undefined;
  state: ContainerState;
}

export interface ContainerUsage {
  /** Without files in the cache that the kernel may drop. */
  memoryBytes: number;
  /** Since it was started. */
  cpuSeconds: number;
  /** Processes and threads. */
  processes: number;
}

export interface LogRequest {
  /** The engine's time (RFC 3339 with nanoseconds) of the first line wanted; everything without it. */
  since?: string | undefined;
  /** Only this many lines from the end. */
  tail?: number | undefined;
  /** True: go on until the container ends. False: what there is now. */
  follow: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * The container engine in our words. Every method may throw EngineAway: then nothing is known about what happened,
 * neither that it did nor that it did not. The fence against a second container of a run is its name.
 */
export interface ContainerRunner {
  /** Throws IMAGE_NOT_FOUND, IMAGE_PULL_DENIED, REGISTRY_UNREACHABLE, IMAGE_PULL_FAILED, GUARD_REFUSED, EngineDiskFull. */
  pullImage(image: string, signal?: AbortSignal): Promise<void>;
  findContainer(name: string): Promise<Container | undefined>;
  /** All containers of runs of this host, in whatever state. */
  listContainers(hostId: HostId): Promise<{ name: string; runId: RunId }[]>;
  /**
   * Makes the container without starting it: `taken` where the name exists, `no image` where the image is not there.
   * Throws GUARD_REFUSED, CONTAINER_START_FAILED, EngineDiskFull.
   */
  create(spec: ContainerSpec): Promise<{ id: string } | 'taken' | 'no image'>;
  /** Starting what runs already does nothing. Throws CONTAINER_START_FAILED, EngineDiskFull. */
  start(name: string): Promise<void>;
  /** Returns when the container may have ended, or when `signal` fires; only `findContainer` tells whether it did. */
  waitForEnd(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Lines of both streams in the engine's order. Following ends when the container does, or when the engine goes away, and may then
   * lack the last lines (engine 20.10 leaves them out at times): what is read after the end is whole. Throws where there is no
   * such container.
   */
  readLog(name: string, request: LogRequest): AsyncIterable<ReadLine>;
  /** What it takes now. `not running`: it has ended, or is not there. `refused`: the guard does not allow to ask. */
  readUsage(name: string): Promise<ContainerUsage | 'not running' | 'refused'>;
  /** SIGTERM, then SIGKILL after `graceMs`. Returns when it ended; one that is gone or ended already is fine. */
  stop(name: string, options: { graceMs: number }): Promise<void>;
  /** Removes the container, killing it if need be; one that is gone already is fine. */
  remove(name: string): Promise<void>;
}

/** The engine does not answer: whatever was asked is unknown, not failed. */
export class EngineAway extends Error {
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super(`The Docker engine does not answer: ${reason}`, options);
    this.name = 'EngineAway';
    this.reason = reason;
  }
}

/** The engine has no room for an image or a container. Read by code and path, like the same of a file. */
export class EngineDiskFull extends Error {
  readonly code = 'ENOSPC';
  readonly path = "the Docker engine's images and containers";
}

/** Whether the engine says that it has no room. */
export const isDiskFull = (said: string): boolean => /no space left on device|disk quota exceeded/i.test(said);

export const runLabels = {
  run: 'com.bigeye.run.id',
  job: 'com.bigeye.run.job',
  host: 'com.bigeye.run.host',
  attempt: 'com.bigeye.run.attempt',
} as const;
