import { loadConfig } from '@bigeye/service-kit';
import { z } from 'zod';

/** What the commands read from the environment; a flag of the same meaning comes first. */
export const CliConfig = z.object({
  BIGEYE_HOME: z.string().optional().describe('Folder of bigeye_agent.yml; the current one without it.'),
  BIGEYE_API_URL: z.string().optional(),
  BIGEYE_PERSONAL_API_KEY: z.string().optional().describe('Of an admin; used by register, never written to disk.'),
  BIGEYE_REGISTRATION_KEY: z.string().optional().describe('Registers one host, once; never written to disk.'),
  BIGEYE_AGENT_API_KEY: z.string().optional(),
  DOCKER_HOST: z.string().default('unix:///var/run/docker.sock').describe('Of serve: the guard.'),
  BIGEYE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});
export type CliConfig = z.infer<typeof CliConfig>;

export function loadCliConfig(environment: NodeJS.ProcessEnv = process.env): CliConfig {
  return loadConfig('bigeye-agent', CliConfig, environment);
}
