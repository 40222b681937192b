import { type ConnectorType, HostId } from '@bigeye/contracts';
import { z } from 'zod';
import type { AgentSection } from './agents/agent-on-host.ts';
import { agentsOnHost } from './agents-on-host.ts';
import type { Connection } from './connectors/connector-on-host.ts';
import { connectorsOnHost } from './connectors-on-host.ts';
import { mostSlots } from './run-slots.ts';

/** A key without a value is as good as no key. */
const section = <T extends z.ZodType>(schema: T) => z.preprocess((value) => value ?? {}, schema);
const listOf = <T extends z.ZodType>(schema: T) => z.preprocess((value) => value ?? [], z.array(schema));

/** The key alone says that the agent is installed, so a section must not become a default. */
const agentSections = Object.fromEntries(
  Object.values(agentsOnHost).map((agent) => [agent.key, agent.section.nullish()]),
) as Record<string, z.ZodOptional<z.ZodNullable<z.ZodType<AgentSection>>>>;

const connectionLists = Object.fromEntries(
  Object.entries(connectorsOnHost).map(([type, { connection }]) => [type, listOf(connection)]),
) as Record<ConnectorType, ReturnType<typeof listOf<z.ZodType<Connection>>>>;

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
          .optional()
          .describe(
            'How many runs go on at once on this host; what its CPUs and memory are good for where it is not said.',
          ),
        min_free_disk_mib: z
          .number()
          .int()
          .min(0)
          .max(2 ** 30)
          .default(1024)
          .describe('A run is started only with this much free, where runs lie and where the engine keeps its files.'),
      }),
    ),
    docker_compose_enabled: z.boolean().optional(),
    agents: section(z.looseObject(agentSections)),
    connectors: section(z.looseObject(connectionLists)),
  }),
);
export type AgentSettings = z.infer<typeof AgentSettings>;
