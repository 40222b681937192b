import { loadConfig } from '@bigeye/service-kit';
import { z } from 'zod';

const address = /^(\[[0-9a-fA-F:]+\]|[^:\s]+):(\d{1,5})$/;
const addresses = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(z.string().regex(address, 'host:port, several separated by commas')).min(1))
  .transform((list) =>
    list.map((item) => {
      const [, host = '', port = ''] = address.exec(item) ?? [];
      return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
    }),
  );
export type ListenAddress = z.infer<typeof addresses>[number];

/** Settings of the control plane, from its environment. */
export const ControlPlaneConfig = z.object({
  DATA_DIR: z.string().default('.data').describe('Embedded database, embedded Temporal and the keys of the CA.'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('A PostgreSQL server instead of PGlite.'),
  API_LISTEN: addresses.prefault('127.0.0.1:7700').describe('Browsers, CLI, agents. Several: separated by commas.'),
  PUBLIC_URL: z.url().optional().describe('How others reach the API. Default: the first API address.'),
  TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])))
    .optional()
    .describe('Addresses or networks of reverse proxies, whose X-Forwarded-… headers are believed.'),
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
  TEMPORAL_ADDRESS: z
    .string()
    .regex(address)
    .optional()
    .describe('An existing cluster instead of the embedded server.'),
  TEMPORAL_NAMESPACE: z.string().default('default'),
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
  ADMIN_EMAIL: z.email().default('admin@localhost.localdomain').describe('The admin that the first start creates.'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});
export type ControlPlaneConfig = z.infer<typeof ControlPlaneConfig>;

export function loadControlPlaneConfig(environment: NodeJS.ProcessEnv = process.env): ControlPlaneConfig {
  return loadConfig('control-plane', ControlPlaneConfig, environment);
}
