import { type ApiClient, AppError, createApiClient } from '@bigeye/contracts';
import { loadAgentFile, loadCaCertificate } from '@bigeye/host-kit';
import { createHttpTransport } from '@bigeye/service-kit';
import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';

export interface AdminFlags {
  apiUrl?: string;
  personalApiKey?: string;
  caFile?: string;
}

/** The flags of commands for admins. They work on any machine, registered as a host or not. */
export const withAdminFlags = (command: Command): Command =>
  command
    .option('--api-url <url>', 'address of the control plane (BIGEYE_API_URL)')
    .option('--personal-api-key <key>', 'of an admin (BIGEYE_PERSONAL_API_KEY)')
    .option('--ca-file <path>', 'PEM file of an own CA of the control plane');

/** Flag > environment > bigeye_agent.yml > question. */
export async function adminClient({ config, home, terminal }: CommandContext, flags: AdminFlags): Promise<ApiClient> {
  const { settings } = loadAgentFile(home);
  const url = { flag: '--api-url', message: 'Address of the control plane', placeholder: 'https://…' };
  const baseUrl = flags.apiUrl ?? config.BIGEYE_API_URL ?? settings.bigeye.api_url ?? (await terminal.askText(url));
  if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? ''))
    throw new AppError('USAGE', { reason: `--api-url: "${baseUrl}" is no http or https address.` });
  const question = { flag: '--personal-api-key', message: 'Personal API key of an admin' };
  const key = flags.personalApiKey ?? config.BIGEYE_PERSONAL_API_KEY ?? (await terminal.askSecret(question));
  const caCertificate = loadCaCertificate(home, flags.caFile ?? settings.bigeye.ca_file);
  return createApiClient({
    baseUrl,
    transport: createHttpTransport({ caCertificate }),
    authorization: `apikey ${key}`,
  });
}
