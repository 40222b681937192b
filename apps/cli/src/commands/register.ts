import {
  type ApiClient,
  AppError,
  createApiClient,
  type Host,
  type HostId,
  isAppError,
  nextAfterRegister,
  plural,
} from '@bigeye/contracts';
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
import { checkMachine } from '../host/check-registration.ts';
import { type PolicyFlags, withPolicyFlags } from '../host/choose-guard-policy.ts';
import { hostIdOf } from '../host/host-argument.ts';
import { type Registrar, registrarByPersonalKey, registrarByRegistrationKey } from '../host/registrar.ts';
import { planStack, writeStackFiles } from '../host/stack-files.ts';
import { startStack } from '../host/start-stack.ts';

interface RegisterFlags extends PolicyFlags {
  hostId?: string;
  apiUrl?: string;
  personalApiKey?: string;
  registrationKey?: string;
  agentApiKey?: string;
  caFile?: string;
  caFingerprint?: string;
  skipProxy?: boolean;
}

interface Account {
  apiUrl: string;
  /** Without one a registration by key brings it. */
  agentApiKey: string | undefined;
  caFile: string | undefined;
  key: { kind: 'personal' | 'registration'; value: string };
}

const onlineWithinMs = 60_000;

export const registerCommand = withPolicyFlags(new Command('register'))
  .description('register this machine as a host: keys, certificate, stack')
  .option('--host-id <id>', 'letters, digits and hyphens, at most 256')
  .option('--api-url <url>', 'address of the control plane (BIGEYE_API_URL)')
  .option('--personal-api-key <key>', 'of an admin; never written to disk (BIGEYE_PERSONAL_API_KEY)')
  .option('--registration-key <key>', 'instead of it: registers this one host, once (BIGEYE_REGISTRATION_KEY)')
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
  const { registrar, nobody } = registrarOf(home, account);
  await checkControlPlane(context, nobody, account.apiUrl, flags);
  await terminal.step(`control plane at ${account.apiUrl}, ${registrar.keys}`, () => registrar.checkKeys());
  await terminal.step(`host id ${hostId}`, () => registrar.checkHost({ home, settings: file.settings, hostId }));
  const plan = await planStack(context, { hostId, socketPath, flags });

  const accountPublicKey = await terminal.step('account keys in agent_config/', () => ensureAccountKeys(home));
  await terminal.step('registered, public keys exchanged, certificate received', () =>
    enrol(home, file, { hostId, accountPublicKey }, { registrar, account, flags }),
  );
  await terminal.step(
    `docker-compose.bigeye.yml and guard_policy.json, ${plural(plan.slots.length, 'slot')}`,
    async () => writeStackFiles(home, plan),
  );
  await terminal.step(`${Object.values(stackServices).join(' and ')} healthy`, () => startStack(home, hostId));
  await terminal.step('host online at the control plane', () => waitOnline(registrar, hostId));
  const next = nextAfterRegister();
  const host = await registrar.readHost(hostId);
  terminal.result([`Host ${hostId} is ${host.state}.`, `Next: ${next}`], { host, next });
}

async function askHostId({ terminal, home }: CommandContext, flags: RegisterFlags): Promise<HostId> {
  const known = flags.hostId === undefined ? loadAgentFile(home).settings.orchestrator.host_id : undefined;
  const question = { flag: '--host-id', message: 'Host id (letters, digits, hyphens)', placeholder: 'etl-01' };
  const given = flags.hostId ?? known ?? (await terminal.askText(question));
  return hostIdOf(given);
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
  const key = await askKey({ config, terminal }, flags);
  const agentApiKey = flags.agentApiKey ?? config.BIGEYE_AGENT_API_KEY ?? settings.bigeye.agent_api_key;
  const isLacking = agentApiKey === undefined && key.kind === 'personal';
  const question = { flag: '--agent-api-key', message: 'Agent API key' };
  return { apiUrl, caFile, key, agentApiKey: isLacking ? await terminal.askSecret(question) : agentApiKey };
}

/** A flag decides. Where the environment holds both kinds of key, the registration key is taken, because it can do less. */
async function askKey(
  { config, terminal }: Pick<CommandContext, 'config' | 'terminal'>,
  { registrationKey, personalApiKey }: RegisterFlags,
): Promise<Account['key']> {
  if (registrationKey !== undefined && personalApiKey !== undefined)
    throw new AppError('USAGE', { reason: 'Of --registration-key and --personal-api-key only one is needed.' });
  if (personalApiKey !== undefined) return { kind: 'personal', value: personalApiKey };
  const forOnce = registrationKey ?? config.BIGEYE_REGISTRATION_KEY;
  if (forOnce !== undefined) return { kind: 'registration', value: forOnce };
  const question = { flag: '--registration-key or --personal-api-key', message: 'Personal API key of an admin' };
  return { kind: 'personal', value: config.BIGEYE_PERSONAL_API_KEY ?? (await terminal.askSecret(question)) };
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

function registrarOf(home: HostHome, account: Account): { registrar: Registrar; nobody: ApiClient } {
  const transport = createHttpTransport({ caCertificate: loadCaCertificate(home, account.caFile) });
  const client = (authorization?: string) => createApiClient({ baseUrl: account.apiUrl, transport, authorization });
  const { key, agentApiKey } = account;
  const clients = {
    holder: client(`apikey ${key.value}`),
    agent: agentApiKey === undefined ? undefined : client(`apikey ${agentApiKey}`),
  };
  const registrar =
    key.kind === 'personal' ? registrarByPersonalKey(clients) : registrarByRegistrationKey(clients, home);
  return { registrar, nobody: client() };
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
    terminal.warn(`${apiUrl} is no https address: the keys can be read by whoever is on the way there.`);
  if (caFingerprint === undefined) return;
  await terminal.step('fingerprint of the CA', async () =>
    checkFingerprint((await nobody.call('getCaCertificate')).caCertificate, caFingerprint),
  );
}

/** The settings are written before the certificate: its absence then tells a cut-off registration from a copied folder. */
async function enrol(
  home: HostHome,
  file: AgentFile,
  { hostId, accountPublicKey }: { hostId: HostId; accountPublicKey: string },
  { registrar, account, flags }: { registrar: Registrar; account: Account; flags: RegisterFlags },
): Promise<void> {
  const certificateRequest = await createCertificateRequest(hostId, await ensureHostKey(home, hostId));
  const managedAgents = managedAgentsOf(file.settings);
  const issued = await registrar.register({ hostId, managedAgents, certificateRequest, accountPublicKey });
  if (issued.certificate === undefined) throw new AppError('CERTIFICATE_REFUSED', { reason: 'none was issued' });
  checkFingerprint(issued.caCertificate, flags.caFingerprint);
  file.set(['bigeye', 'api_url'], account.apiUrl);
  const agentApiKey = issued.agentApiKey ?? account.agentApiKey;
  if (agentApiKey !== undefined) file.set(['bigeye', 'agent_api_key'], agentApiKey);
  if (account.caFile !== undefined) file.set(['bigeye', 'ca_file'], account.caFile);
  file.set(['orchestrator', 'host_id'], hostId);
  file.set(['orchestrator', 'gateway_address'], issued.gatewayAddress);
  file.set(['orchestrator', 'host_api_url'], issued.hostApiUrl);
  file.set(['docker_compose_enabled'], true);
  file.save();
  writeBigeyePublicKey(home, issued.bigeyePublicKey);
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

async function waitOnline(registrar: Registrar, hostId: HostId): Promise<void> {
  const until = Date.now() + onlineWithinMs;
  for (;;) {
    const state = await registrar.readHost(hostId).then(wordsOfHost, wordsOfSilence);
    if (state === undefined) return;
    if (Date.now() > until) throw new AppError('STACK_UNHEALTHY', { service: stackServices.orchestrator, state });
    await pause(500);
  }
}

const wordsOfHost = ({ state }: Host): string | undefined => (state === 'online' ? undefined : `the host is ${state}`);

/** The host API has an address of its own, which the control plane gave: it may be one that leads nowhere from here. */
function wordsOfSilence(error: unknown): string {
  if (!isAppError(error, 'CONTROL_PLANE_UNREACHABLE')) throw error;
  const { url, reason } = error.details;
  return `this machine does not reach the control plane at ${url} (${reason}); it is what GATEWAY_ADDRESS and HOST_API_URL say there`;
}
