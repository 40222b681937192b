import { Role } from '@bigeye/contracts';
import { loadConfig } from '@bigeye/service-kit';
import { z } from 'zod';
import type { OidcSettings } from './access/single-sign-on.ts';
import { faultsOfCertificateSettings } from './http/certificate-files.ts';
import type { ListenAddress } from './http/listen.ts';
import type { KeptDays } from './retention/keep-house.ts';
import { type Role as ProcessRole, roles } from './roles/role.ts';
import { faultsOfTemporalSettings } from './temporal/temporal-settings.ts';

const address = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/;
const addresses = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.string().regex(address, 'host:port, several separated by commas')).min(1))
  .transform((list) =>
    list.map((item): ListenAddress => {
      const [, host = '', port = ''] = address.exec(item) ?? [];
      return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
    }),
  );

const count = z.coerce.number().int().min(1);

/** How long something is kept after the end of its run. */
const daysKept = z.union([z.literal('forever'), count]);

const roleNames = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.enum(['all', ...roles])).min(1))
  .transform((list): ProcessRole[] => roles.filter((role) => list.includes('all') || list.includes(role)));

const settings = z.object({
  ROLES: roleNames
    .prefault('all')
    .describe('What this process does: all, or any of api, worker, gateway, separated by commas. Also --role.'),
  DATA_DIR: z.string().default('.data').describe('Embedded database, embedded Temporal and the keys of the CA.'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('A PostgreSQL server instead of the embedded one.'),
  KEY_VAULT_SECRET: z
    .string()
    .min(32, 'at least 32 characters, random: openssl rand -base64 32')
    .optional()
    .describe('Keys lie in the database, sealed by it, instead of in DATA_DIR/keys.'),
  OBJECT_STORE: z
    .string()
    .optional()
    .describe('Where logs and artifacts lie: file:///folder or s3://bucket/prefix. Default: DATA_DIR/objects.'),
  RUNS_KEPT_DAYS: daysKept
    .default(365)
    .describe('Runs go that long after their end; the newest of each job stays. Or: forever.'),
  LOGS_KEPT_DAYS: daysKept.default(90).describe('Likewise the logs alone.'),
  ARTIFACTS_KEPT_DAYS: daysKept.default(90).describe('Likewise the contents of artifacts alone.'),
  AUDIT_KEPT_DAYS: daysKept
    .default('forever')
    .describe(
      'Days after which an entry of the audit log is removed, once a day. The rest stays a chain that verifies.',
    ),
  API_LISTEN: addresses.prefault('127.0.0.1:7700').describe('Browsers, CLI, agents. Several: separated by commas.'),
  HEALTH_LISTEN: addresses.optional().describe('/healthz and /readyz alone, for a process without the role api.'),
  PUBLIC_URL: z.url().optional().describe('How others reach the API. Default: the first API address.'),
  TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])))
    .optional()
    .describe('Addresses or networks of reverse proxies, whose X-Forwarded-… headers are believed.'),
  MAX_CONNECTIONS: count
    .default(5_000)
    .describe('Open connections of each listener (API, host API, gateway); more are closed at once.'),
  MAX_CONNECTIONS_PER_ADDRESS: count
    .default(500)
    .describe('Of these, from one address (IPv6: one /64), unless it is one of TRUSTED_PROXIES.'),
  TLS_CERT_PATH: z.string().optional().describe('Certificate chain of the API listener, PEM.'),
  TLS_KEY_PATH: z.string().optional(),
  GATEWAY_LISTEN: addresses.prefault('127.0.0.1:7701').describe('Worker gateway (mTLS).'),
  GATEWAY_ADDRESS: z.string().regex(address).optional().describe('host:port that hosts use for the gateway.'),
  HOST_API_LISTEN: addresses.prefault('127.0.0.1:7702').describe('Host API (mTLS).'),
  HOST_API_URL: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe('How hosts reach the host API.'),
  HOST_CERTIFICATE_DAYS: z.coerce
    .number()
    .positive()
    .max(90)
    .default(14)
    .describe('How long a host certificate is good; orchestrators renew theirs after a third of it.'),
  RESTORED_AT: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .optional()
    .describe('When the database was restored from a backup: certificates that hosts got since the backup are taken.'),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(address)
    .optional()
    .describe('An existing cluster instead of the embedded server.'),
  TEMPORAL_NAMESPACE: z.string().default('default').describe('In Temporal Cloud: name.account.'),
  TEMPORAL_TLS: z
    .stringbool()
    .optional()
    .describe('Whether TEMPORAL_ADDRESS speaks TLS. Default: where any of the settings that need it is there.'),
  TEMPORAL_TLS_CA_PATH: z.string().optional().describe("PEM of the CA of its certificate. Default: the system's CAs."),
  TEMPORAL_TLS_SERVER_NAME: z
    .string()
    .optional()
    .describe('The name in its certificate, where the address has another.'),
  TEMPORAL_TLS_CERT_PATH: z.string().optional().describe('Our client certificate, PEM.'),
  TEMPORAL_TLS_KEY_PATH: z.string().optional(),
  TEMPORAL_API_KEY: z.string().optional().describe('As of Temporal Cloud.'),
  TEMPORAL_API_KEY_FILE: z.string().optional().describe('A file that holds it, read again while we run.'),
  TEMPORAL_CLI: z.string().default('temporal').describe('The Temporal CLI, for the embedded server.'),
  TEMPORAL_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(7703)
    .describe('Loopback port of the embedded server.'),
  TEMPORAL_UI_ORIGIN: z
    .url()
    .optional()
    .describe("Origin of Temporal's own UI, which may then ask the codec endpoint."),
  WORKFLOW_BUNDLE: z.string().optional().describe('A pre-built workflow bundle; without it, built at start.'),
  WEB_ROOT: z.string().optional().describe('Folder of the built web UI.'),
  CLI_FILE: z.string().optional().describe('The built bigeye-agent, for hosts to download.'),
  ADMIN_EMAIL: z.email().default('admin@localhost.localdomain').describe('The admin that the first start creates.'),
  OIDC_ISSUER: z
    .url()
    .refine(isSafeIssuer, 'https://…, or http:// on loopback')
    .optional()
    .describe('The OpenID provider for single sign-on.'),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_NAME: z.string().max(40).optional().describe("What the sign-in page calls it. Default: the issuer's host."),
  OIDC_ROLE_CLAIM: z.string().optional().describe('The claim that is a role, or a list that holds one.'),
  OIDC_DEFAULT_ROLE: Role.optional().describe('The role of those whom the claim gives none. Default: viewer.'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

/** Settings of the control plane, from its environment. */
export const ControlPlaneConfig = settings.superRefine((config, context) => {
  // What one process starts for itself the others have not.
  if (config.ROLES.length < roles.length)
    for (const name of [
      'DATABASE_URL',
      ...(config.ROLES.join() === 'api' ? [] : ['TEMPORAL_ADDRESS' as const]),
    ] as const)
      if (config[name] === undefined)
        context.addIssue({ code: 'custom', path: [name], message: 'missing: without it a process has all roles' });
  for (const { name, message } of [...faultsOfCertificateSettings(config), ...faultsOfTemporalSettings(config)])
    context.addIssue({ code: 'custom', path: [name], message });
  const names = Object.keys(settings.shape).filter((name) => name.startsWith('OIDC_')) as (keyof typeof config)[];
  if (names.every((name) => config[name] === undefined)) return;
  for (const name of ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const)
    if (config[name] === undefined)
      context.addIssue({ code: 'custom', path: [name], message: 'missing, where another OIDC_… setting is there' });
});
export type ControlPlaneConfig = z.infer<typeof ControlPlaneConfig>;

/** Days, undefined for ever. */
export function keptDaysOf(config: ControlPlaneConfig): KeptDays {
  const daysOf = (value: number | 'forever') => (value === 'forever' ? undefined : value);
  return {
    runs: daysOf(config.RUNS_KEPT_DAYS),
    logs: daysOf(config.LOGS_KEPT_DAYS),
    artifacts: daysOf(config.ARTIFACTS_KEPT_DAYS),
    audit: daysOf(config.AUDIT_KEPT_DAYS),
  };
}

/** Undefined where there is no single sign-on. */
export function oidcSettingsOf(config: ControlPlaneConfig): OidcSettings | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = config;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return undefined;
  return {
    issuer,
    clientId,
    clientSecret,
    name: config.OIDC_NAME ?? new URL(issuer).host,
    roleClaim: config.OIDC_ROLE_CLAIM,
    defaultRole: config.OIDC_DEFAULT_ROLE ?? 'viewer',
  };
}

/** Without TLS anybody in between could say who signs in. */
function isSafeIssuer(text: string): boolean {
  const { protocol, hostname } = URL.parse(text) ?? { protocol: '', hostname: '' };
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
}

/** From the environment; what is `given` on the command line counts more. Throws CONFIG_INVALID with every fault. */
export function loadControlPlaneConfig(
  environment: NodeJS.ProcessEnv = process.env,
  given: NodeJS.ProcessEnv = {},
): ControlPlaneConfig {
  return loadConfig('control-plane', ControlPlaneConfig, { ...environment, ...given });
}
