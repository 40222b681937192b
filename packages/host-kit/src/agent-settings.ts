import { HostId } from '@bigeye/contracts';
import { z } from 'zod';
import { defaultSlots, mostSlots } from './run-slots.ts';

/** A key without a value is as good as no key. */
const section = <T extends z.ZodType>(schema: T) => z.preprocess((value) => value ?? {}, schema);

export const PostgresConnection = z.looseObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'letters, digits, dots, hyphens and underscores, at most 128')
    .describe('Name of the connection, and of its repository in the lineage.'),
  host: z.string().min(1),
  port: z.coerce.number().int().min(1).max(65_535).default(5432),
  database: z.string().min(1),
  username: z.string().min(1),
  password: z.coerce.string(),
  sslmode: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']).default('prefer'),
  schemas: z.array(z.string().min(1)).optional().describe('Only these schemas; without it, all that are visible.'),
});
export type PostgresConnection = z.infer<typeof PostgresConnection>;

/** The part of `bigeye_agent.yml` that is known to this version; keys of the operator beside it are kept. */
export const AgentSettings = section(
  z.looseObject({
    bigeye: section(
      z.looseObject({
        api_url: z.url().optional(),
        agent_api_key: z.string().optional(),
        ca_file: z.string().optional(),
      }),
    ),
    orchestrator: section(
      z.looseObject({
        host_id: HostId.optional(),
        gateway_address: z.string().optional(),
        host_api_url: z.url().optional(),
        slots: z
          .number()
          .int()
          .min(1)
          .max(mostSlots)
          .default(defaultSlots)
          .describe('How many runs go on at once on this host.'),
      }),
    ),
    docker_compose_enabled: z.boolean().optional(),
    agents: section(
      z.looseObject({
        // The key alone says that the agent is installed, so it must not become a default.
        lineage_plus: z.looseObject({ image: z.string().optional() }).nullish(),
      }),
    ),
    connectors: section(z.looseObject({ postgres: z.preprocess((v) => v ?? [], z.array(PostgresConnection)) })),
  }),
);
export type AgentSettings = z.infer<typeof AgentSettings>;
