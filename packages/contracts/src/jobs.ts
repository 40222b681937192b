import { z } from 'zod';
import { AgentParameters, BatchAgentType } from './agent-types.ts';
import { HostId, JobId, RunId } from './ids.ts';
import { RunStatus } from './runs.ts';
import { storableText } from './scalars.ts';

/** Limits of one run's container. The host's guard has the last word. */
export const RunLimits = z.object({
  memoryMib: z.number().int().min(32).max(8192).default(512),
  cpus: z.number().min(0.1).max(8).default(1),
  pids: z.number().int().min(1).max(4096).default(256),
});
export type RunLimits = z.infer<typeof RunLimits>;

export const JobSettings = z.object({
  startTimeoutSeconds: z.number().int().min(5).max(604_800).default(3600).describe('How long a run may stay queued.'),
  runTimeoutSeconds: z.number().int().min(1).max(604_800).default(14_400),
  cancelGraceSeconds: z.number().int().min(0).max(600).default(10).describe('Between SIGTERM and SIGKILL.'),
  limits: RunLimits.prefault({}),
});
export type JobSettings = z.infer<typeof JobSettings>;

export const JobInput = z.object({
  name: storableText(128).trim().min(1),
  hostId: HostId,
  agentType: BatchAgentType,
  parameters: AgentParameters,
  settings: JobSettings.prefault({}),
});
export type JobInput = z.input<typeof JobInput>;

export const Job = z.object({
  id: JobId,
  name: z.string(),
  hostId: HostId,
  agentType: BatchAgentType,
  parameters: AgentParameters,
  settings: JobSettings,
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  version: z.number().int().describe('Counts its changes. Also its ETag, in quotes.'),
  changedBy: z.string().describe('Who wrote this version.'),
  changedAt: z.iso.datetime(),
  lastRun: z
    .object({ id: RunId, status: RunStatus, queuedAt: z.iso.datetime(), finishedAt: z.iso.datetime().nullable() })
    .nullable(),
});
export type Job = z.infer<typeof Job>;

/** All jobs at a glance, by the last run of each. */
export const JobSummary = z.object({
  jobs: z.number().int(),
  active: z.number().int().describe('With a run that is queued or running.'),
  failed: z
    .object({ count: z.number().int(), first: z.array(z.string()) })
    .describe('Whose last run failed or timed out; the names of the newest few.'),
});
export type JobSummary = z.infer<typeof JobSummary>;
