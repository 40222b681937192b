import { type ApiClient, AppError, createApiClient } from '@bigeye/contracts';
import { type AgentSettings, loadCaCertificate } from '@bigeye/host-kit';
import { createHttpTransport } from '@bigeye/service-kit';
import type { CommandContext } from '../command-context.ts';

/** A client with an admin's personal key: flag > environment > question. It is never written to disk. */
export async function adminClientOf(
  { config, home, terminal }: CommandContext,
  { bigeye }: AgentSettings,
  flags: { personalApiKey?: string },
): Promise<ApiClient> {
  if (!bigeye.api_url) throw new AppError('HOST_NOT_REGISTERED', { file: home.agentFile });
  const key =
    flags.personalApiKey ??
    config.BIGEYE_PERSONAL_API_KEY ??
    (await terminal.askSecret({ flag: '--personal-api-key', message: 'Personal API key of an admin' }));
  const transport = createHttpTransport({ caCertificate: loadCaCertificate(home, bigeye.ca_file) });
  return createApiClient({ baseUrl: bigeye.api_url, transport, authorization: `apikey ${key}` });
}
