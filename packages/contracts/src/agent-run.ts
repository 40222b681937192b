import { z } from 'zod';

/**
 * What a batch agent finds and leaves in its container. `/in` (read-only) holds `run.json` and one Java-style
 * `<connector>.properties` file (`key.N=value`) per connector; `/out` takes `report.json` and artifacts.
 */
export const AgentRunFile = z.object({
  protocolVersion: z.literal(1),
  runId: z.string(),
  jobId: z.string(),
  hostId: z.string(),
  agentType: z.string(),
});
export type AgentRunFile = z.infer<typeof AgentRunFile>;

/** One JSON object a line on the agent's standard output; its last line is the `result`. Standard error is for people. */
export const AgentOutputLine = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    phase: z.string(),
    done: z.number(),
    total: z.number().optional(),
    unit: z.string().optional(),
    etaSeconds: z.number().optional(),
  }),
  z.object({ type: z.literal('warning'), code: z.string(), message: z.string() }),
  z.object({
    type: z.literal('result'),
    outcome: z.enum(['succeeded', 'partial', 'failed']),
    exitCode: z.number().int(),
    message: z.string(),
    remedy: z.string().optional(),
    counts: z.record(z.string(), z.number()).default({}),
  }),
]);
export type AgentOutputLine = z.infer<typeof AgentOutputLine>;
