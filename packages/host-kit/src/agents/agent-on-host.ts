import type { AgentType, ConnectorType, RunJobInput } from '@bigeye/contracts';
import { z } from 'zod';
import type { Connection } from '../connectors/connector-on-host.ts';
import type { RegisteredHost } from '../registered-host.ts';

/** What the section of every agent may say. */
export const AgentSection = z.looseObject({
  image: z.string().optional().describe('Another image than the one of this version.'),
});
export type AgentSection = z.infer<typeof AgentSection>;

/** What a run has to work with on its host. */
export interface RunSurroundings<Section extends AgentSection> {
  host: RegisteredHost;
  /** The agent's own section of `bigeye_agent.yml`. */
  section: Section;
  /**
   * All connections of a connector, or the one of that name. Throws CONNECTION_NOT_FOUND where there is none, or where the
   * type does not read the connector.
   */
  getConnections(connector: string, name?: string): { connector: ConnectorType; connections: Connection[] };
}

/** What an agent type puts into its container, beside what every run gets: the image, `run.json`, and limits. */
interface AgentRun {
  /** The guard allows no other first word. */
  command: ['run', ...string[]];
  /** File name → content. May hold secrets, so the files are readable by the run's user only. */
  files: Record<string, string>;
}

/** What a host must know of a type that it can install; kind, parameters, image and words are in the contracts. */
export interface AgentOnHost<Section extends AgentSection = AgentSection> {
  /** Its key below `agents` in `bigeye_agent.yml`. That the key is there says that the agent is installed. */
  key: string;
  /** Each key of it may be missing. */
  section: z.ZodType<Section>;
  /** What of the section must not appear in a log. Secrets of connections are known without it. */
  secretsOf(section: Section): string[];
  /** Parameters of a job and connections of this host → arguments and files. Throws INVALID_INPUT, CONNECTION_NOT_FOUND. */
  planRun(parameters: RunJobInput['parameters'], surroundings: RunSurroundings<Section>): AgentRun;
}

export type AgentsOnHost = Partial<Record<AgentType, AgentOnHost>>;
