const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * How much one host may make the control plane remember or hold at once. What exceeds a limit is refused with an error
 * to that host alone; the table in docs/security-model.md says what each does.
 */
export const hostLimits = {
  managedAgents: 32,
  connectionsOfAgent: 256,
  accountKeys: 8,
  /** Runs that go on at once on it: a guard lets 64 networks in, one for each run and the one that is none. */
  slots: 63,
  /** Calls of the host API that are not answered yet, and the bytes of their bodies. */
  callsUnderWay: 64,
  bodyBytesUnderWay: 96 * MiB,
  /** Open at one listener, from however many addresses; an orchestrator has a few. */
  connections: { gateway: 128, hostApi: 128 },
  /** Polls of the gateway that wait for work; an orchestrator keeps two open. */
  openPolls: 16,
  gatewayCallsUnderWay: 128,
  /** Names by which Temporal tells a worker to cancel; one that is not polled any more is forgotten. */
  controlQueues: 16,
  controlQueueMs: 3 * 60 * 1000,
  /** Workers that one heartbeat message tells of. */
  workersInHeartbeat: 16,
} as const;

/** How much one run may leave at the control plane, whatever its host sends. */
export const runLimits = {
  timelineEvents: 300,
  timelineDetail: 500,
  outcomeMessage: 4000,
  outcomeCounts: 64,
  outcomeCountName: 64,
  artifacts: 32,
  artifactBytes: 32 * MiB,
  artifactBytesOfRun: 128 * MiB,
  /** Text of the log, each line with its end. */
  logBytes: 128 * MiB,
  logLines: 5_000_000,
  logChunkLines: 5000,
  logChunkBytes: 2 * MiB,
  logLineCharacters: 70_000,
} as const;

/** What a host keeps of a run's log; what comes after it is counted and left out. Below what the control plane takes. */
export const keptLog = { bytes: 64 * MiB, lines: 4_000_000 } as const;

/** Bytes of one message of the gateway, by what it is for. Temporal takes no value above 2 MiB. */
export const gatewayBytes = { poll: 16 * KiB, heartbeat: 256 * KiB, answer: 2 * MiB } as const;

/** How much lineage one sync, and so one repository, may hold. */
export const lineageLimits = {
  nodes: 250_000,
  edges: 750_000,
  /** Containers above one another: database, schema, table and column are four. */
  depth: 8,
  attributesOfNode: 64,
  /** JSON of one sync, in one body or in parts. 10,000 views with 100,000 columns are about 90 MB. */
  syncBytes: 128 * MiB,
  /** JSON of one part, before it is compressed. */
  partBytes: 4 * MiB,
  partsOfSync: 1_024,
  /** JSON of all parts that are kept for one repository: those it holds, and those of a sync under way. */
  keptPartBytes: 256 * MiB,
  /** How long a part is kept that no finished sync has named. */
  partMs: 60 * 60 * 1000,
  /** Nodes of one graph that is read. */
  graphNodes: 20_000,
  /** Of one reply of getLineageNeighbourhood. `listed`: ids that a request may name in one list. */
  neighbourhood: { tables: 400, edges: 4000, columnsOfTable: 200, columns: 1500, pathColumnsAWay: 40, listed: 100 },
} as const;
