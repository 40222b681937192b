import type { HostId, RunId } from '@bigeye/contracts';
import type { AgentSettings, ContainerRunner, HostHome, Journal, RegisteredHost, StackUser } from '@bigeye/host-kit';
import type { Logger } from '@bigeye/service-kit';
import type { DrainOrder } from './drain-order.ts';
import type { HostApi } from './host-api.ts';
import type { MachineBoot } from './machine-boot.ts';
import type { RunUsage } from './run-usage.ts';
import type { RunWaits } from './run-waits.ts';
import type { SlotClaims } from './slot-claims.ts';
import type { TimelineOutbox } from './timeline-outbox.ts';

/** What the activities of a host work with. Built once, in run-orchestrator.ts. */
export interface HostDeps {
  hostId: HostId;
  home: HostHome;
  /** Read anew for every run, so that `sync` and edits count without a restart. */
  loadSettings: () => { host: RegisteredHost; settings: AgentSettings };
  user: StackUser;
  boot: MachineBoot;
  runner: ContainerRunner;
  hostApi: HostApi;
  journal: Journal;
  slots: SlotClaims;
  drain: DrainOrder;
  timeline: TimelineOutbox;
  waits: RunWaits;
  usage: RunUsage;
  log: Logger;
  /** Who follows which run in this process, to be told when a later attempt takes over. */
  followers: Map<RunId, AbortController>;
  /** Fires when the host's operator wants all of its runs stopped. */
  stopRuns: AbortSignal;
  /** Fires when this orchestrator ends: let go of everything, stop nothing. */
  shutdown: AbortSignal;
}

/** One attempt of an activity, as the engine behind it sees it. */
export interface Attempt {
  /** 1, 2, … */
  number: number;
  /** Fires when the attempt must end, for whatever reason. */
  signal: AbortSignal;
  /** True when that reason is a cancel: then, and only then, the container is stopped, or not started. */
  isCanceled(): boolean;
}
