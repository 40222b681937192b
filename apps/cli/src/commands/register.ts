import { type ApiClient, AppError, createApiClient, HostId } from '@bigeye/contracts';
import {
  type AgentFile,
  createCertificateRequest,
  ensureAccountKeys,
  ensureHostKey,
  type HostHome,
  loadAgentFile,
  loadCaCertificate,
  managedAgentsOf,
  stackServices,
  writeBigeyePublicKey,
  writeHostCertificate,
} from '@bigeye/host-kit';
import { certificateFingerprint, createHttpTransport, pause } from '@bigeye/service-kit';
import { Command } from 'commander';
import { type CommandContext, contextOf } from '../command-context.ts';
import { checkAccount, checkKeys, checkMachine } from '../host/check-registration.ts';
import { type PolicyFlags, withPolicyFlags } from '../host/choose-guard-policy.ts';
import { planStack, writeStackFiles } from '../host/stack-files.ts';
import { startStack } from '../host/start-stack.ts';

interface RegisterFlags extends PolicyFlags {
  hostId?: string;
  apiUrl?: string;
  personalApiKey?: string;
  agentApiKey?: string;
  caFile?: string;
  caFingerprint?: string;
  skipProxy?: boolean;
}

interface Account {
  apiUrl: string;
  agentApiKey: string;
  caFile: string | undefined;
  personalApiKey: string;
}

const onlineWithinMs = 60_000;

export const registerCommand = withPolicyFlags(new Command('register'))
  .description('register this machine as a host: keys, certificate, stack')
  .option('--host-id <id>', 'letters, digits and hyphens, at most 256')
  .option('--api-url <url>', 'address of the control plane (BIGEYE_API_URL)')
  .option('--personal-api-key <key>', 'of an admin; never written to disk (BIGEYE_PERSONAL_API_KEY)')
  .option('--agent-api-key <key>', 'what the agents use (BIGEYE_AGENT_API_KEY)')
  .option('--ca-file <path>', 'PEM file of an own CA of the control plane')
  .option('--ca-fingerprint <hex>', "SHA-256 of the control plane's CA; without it the first answer is believed")
  .option('--skip-proxy', 'ask nothing about an own CA')
  .option('--json', 'print the result as JSON')
  .action(async (flags: RegisterFlags, command: Command) => register(contextOf(command), flags));

/** Checks everything first and changes nothing until all is good; cut off in the middle, the next call completes it. */
async function register(context: CommandContext, flags: RegisterFlags): Promise<void> {
  const { home, terminal } = context;
  const hostId = await askHostId(context, flags);
  const file = loadAgentFile(home);
  const socketPath = await terminal.step('Docker, Compose V2 and access to the engine', () =>
    checkMachine(home, file.settings, hostId),
  );
  const account = await askAccount(context, file, flags);
  const [admin, agent, nobody] = clientsOf(home, account);
  await checkControlPlane(context, nobody, account.apiUrl, flags);
  await terminal.step(`control plane at ${account.apiUrl}, both keys`, () => checkKeys(admin, agent));
  await terminal.step(`host id ${hostId}`, () => checkAccount(admin, { home, settings: file.settings, hostId }));
  const plan = await planStack(context, { hostId, socketPath, flags });

  await terminal.step('account keys in agent_config/, public keys exchanged', () => exchangeKeys(home, admin));
  await terminal.step('registered, certificate received', () => enrol(home, file, hostId, { admin, account, flags }));
  await terminal.step('docker-compose.bigeye.yml and guard_policy.json', async () => writeStackFiles(home, plan));
  await terminal.step(`${Object.values(stackServices).join(' and ')} healthy`, () => startStack(home, hostId));
  await terminal.step('host online at the control plane', () => waitOnline(admin, hostId));
  const next = 'bigeye-agent install --agent LINEAGE_PLUS';
  const host = await admin.call('getHost', { params: { hostId } });
  terminal.result([`Host ${hostId} is ${host.state}.`, `Next: ${next}`], { host, next });
}

async function askHostId({ terminal, home }: CommandContext, flags: RegisterFlags): Promise<HostId> {
  const known = flags.hostId === undefined ? loadAgentFile(home).settings.orchestrator.host_id : undefined;
  const question = { flag: '--host-id', message: 'Host id (letters, digits, hyphens)', placeholder: 'etl-01' };
  const given = flags.hostId ?? known ?? (await terminal.askText(question));
  const hostId = HostId.safeParse(given);
  if (!hostId.success) throw new AppError('HOST_ID_INVALID', { hostId: given });
  return hostId.data;
}

/** Flag > environment > bigeye_agent.yml > question. */
async function askAccount(
  { config, terminal }: CommandContext,
  { settings }: AgentFile,
  flags: RegisterFlags,
): Promise<Account> {
  const apiUrl =
    flags.apiUrl ??
    config.BIGEYE_API_URL ??
    settings.bigeye.api_url ??
    (await terminal.askText({ flag: '--api-url', message: 'Address of the control plane', placeholder: 'https://…' }));
  if (!URL.canParse(apiUrl) || !/^https?:$/.test(new URL(apiUrl).protocol))
    throw new AppError('USAGE', { reason: `--api-url: "${apiUrl}" is no http or https address.` });
  const caFile = flags.caFile ?? settings.bigeye.ca_file ?? (await askCaFile(terminal, apiUrl, flags));
  const personalApiKey =
    flags.personalApiKey ??
    config.BIGEYE_PERSONAL_API_KEY ??
    (await terminal.askSecret({ flag: '--personal-api-key', message: 'Personal API key of an admin' }));
  const agentApiKey =
    flags.agentApiKey ??
    config.BIGEYE_AGENT_API_KEY ??
    settings.bigeye.agent_api_key ??
    (await terminal.askSecret({ flag: '--agent-api-key', message: 'Agent API key' }));
  return { apiUrl, caFile, personalApiKey, agentApiKey };
}

async function askCaFile(
  terminal: CommandContext['terminal'],
  apiUrl: string,
  { skipProxy }: RegisterFlags,
): Promise<string | undefined> {
  if (skipProxy || !apiUrl.startsWith('https:') || !process.stdin.isTTY) return undefined;
  const message = 'PEM file of an own CA (Enter: none)';
  return (await terminal.askText({ flag: '--ca-file', message, optional: true })) || undefined;
}

function clientsOf(home: HostHome, account: Account): [admin: ApiClient, agent: ApiClient, nobody: ApiClient] {
  const transport = createHttpTransport({ caCertificate: loadCaCertificate(home, account.caFile) });
  const client = (authorization?: string) => createApiClient({ baseUrl: account.apiUrl, transport, authorization });
  return [client(`apikey ${account.personalApiKey}`), client(`apikey ${account.agentApiKey}`), client()];
}

/** Before a key leaves this machine. Throws CA_FINGERPRINT_DIFFERS. */
async function checkControlPlane(
  { terminal }: CommandContext,
  nobody: ApiClient,
  apiUrl: string,
  { caFingerprint }: RegisterFlags,
): Promise<void> {
  const isLocal = /^(?:127\.|localhost$|\[::1\]$)/.test(new URL(apiUrl).hostname);
  if (apiUrl.startsWith('http:') && !isLocal)
    terminal.warn(`${apiUrl} is no https address: both keys can be read by whoever is on the way there.`);
  if (caFingerprint === undefined) return;
  await terminal.step('fingerprint of the CA', async () =>
    checkFingerprint((await nobody.call('getCaCertificate')).caCertificate, caFingerprint),
  );
}

async function exchangeKeys(home: HostHome, admin: ApiClient): Promise<void> {
  const publicKey = await ensureAccountKeys(home);
  await admin.call('putAgentPublicKey', { body: { publicKey } });
  writeBigeyePublicKey(home, (await admin.call('getBigeyePublicKey')).publicKey);
}

/** The settings are written before the certificate: its absence then tells a cut-off registration from a copied folder. */
async function enrol(
  home: HostHome,
  file: AgentFile,
  hostId: HostId,
  { admin, account, flags }: { admin: ApiClient; account: Account; flags: RegisterFlags },
): Promise<void> {
  const certificateRequest = await createCertificateRequest(hostId, await ensureHostKey(home, hostId));
  const managedAgents = managedAgentsOf(file.settings);
  const issued = await admin.call('registerHost', { body: { hostId, managedAgents, certificateRequest } });
  if (issued.certificate === undefined) throw new AppError('CERTIFICATE_REFUSED', { reason: 'none was issued' });
  checkFingerprint(issued.caCertificate, flags.caFingerprint);
  file.set(['bigeye', 'api_url'], account.apiUrl);
  file.set(['bigeye', 'agent_api_key'], account.agentApiKey);
  if (account.caFile !== undefined) file.set(['bigeye', 'ca_file'], account.caFile);
  file.set(['orchestrator', 'host_id'], hostId);
  file.set(['orchestrator', 'gateway_address'], issued.gatewayAddress);
  file.set(['orchestrator', 'host_api_url'], issued.hostApiUrl);
  file.set(['docker_compose_enabled'], true);
  file.save();
  const { certificate, caCertificate } = issued;
  writeHostCertificate(home, hostId, { certificate, caCertificate });
}

/** Over plain HTTP only the fingerprint tells the control plane from somebody in between. */
function checkFingerprint(caCertificate: string, expected: string | undefined): void {
  if (expected === undefined) return;
  const found = certificateFingerprint(caCertificate);
  const wanted = expected
    .replace(/^sha-?256:/i, '')
    .replaceAll(':', '')
    .toLowerCase();
  if (found !== wanted) throw new AppError('CA_FINGERPRINT_DIFFERS', { expected, found });
}

async function waitOnline(admin: ApiClient, hostId: HostId): Promise<void> {
  const until = Date.now() + onlineWithinMs;
  for (;;) {
    const { state } = await admin.call('getHost', { params: { hostId } });
    if (state === 'online') return;
    if (Date.now() > until)
      throw new AppError('STACK_UNHEALTHY', { service: stackServices.orchestrator, state: `the host is ${state}` });
    await pause(500);
  }
}
