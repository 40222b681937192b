import { expect, test } from 'vitest';
import { loadControlPlaneConfig, oidcSettingsOf } from './config.ts';

const provider = {
  OIDC_ISSUER: 'https://login.example.com/realms/main',
  OIDC_CLIENT_ID: 'orchestrator',
  OIDC_CLIENT_SECRET: 'secret',
};

test('without settings for it there is no single sign-on', () => {
  expect(oidcSettingsOf(loadControlPlaneConfig({}))).toBeUndefined();
});

test('it is named for its host, and gives the role viewer, where nothing else is said', () => {
  expect(oidcSettingsOf(loadControlPlaneConfig(provider))).toEqual({
    issuer: 'https://login.example.com/realms/main',
    clientId: 'orchestrator',
    clientSecret: 'secret',
    name: 'login.example.com',
    roleClaim: undefined,
    defaultRole: 'viewer',
  });
});

const cluster = { TEMPORAL_ADDRESS: 'temporal.example.com:7233' };
/** Each problem with its setting, as the one error says them all. */
const problemsOf = (environment: Record<string, string>): string[] => {
  try {
    loadControlPlaneConfig(environment);
    return [];
  } catch (error) {
    return (error as { details: { problems: string[] } }).details.problems;
  }
};

test('a cluster by API key alone, and by plain gRPC, are good', () => {
  expect(problemsOf({ ...cluster, TEMPORAL_API_KEY: 'key', TEMPORAL_NAMESPACE: 'agents.a1b2c' })).toEqual([]);
  expect(problemsOf(cluster)).toEqual([]);
  expect(problemsOf({ TEMPORAL_ADDRESS: '127.0.0.1:7233', TEMPORAL_API_KEY: 'key', TEMPORAL_TLS: 'false' })).toEqual(
    [],
  );
});

test('every fault of how Temporal is reached is told at once', () => {
  const problems = problemsOf({
    ...cluster,
    TEMPORAL_TLS: 'false',
    TEMPORAL_API_KEY: 'key',
    TEMPORAL_TLS_CERT_PATH: '/nowhere/cert.pem',
    TEMPORAL_TLS_CA_PATH: import.meta.filename,
  });
  expect(problems).toEqual([
    'TEMPORAL_TLS_CA_PATH: of no use while TEMPORAL_TLS is off',
    'TEMPORAL_TLS_CERT_PATH: of no use while TEMPORAL_TLS is off',
    'TEMPORAL_TLS_KEY_PATH: missing, where TEMPORAL_TLS_CERT_PATH is there',
    'TEMPORAL_API_KEY: would travel in the clear to temporal.example.com:7233: set TEMPORAL_TLS',
    expect.stringMatching(/^TEMPORAL_TLS_CA_PATH: .*config\.test\.ts: /),
    expect.stringMatching(/^TEMPORAL_TLS_CERT_PATH: \/nowhere\/cert\.pem: ENOENT/),
  ]);
});

test('what would prove us to a cluster is refused where there is none', () => {
  const none = 'of no use without TEMPORAL_ADDRESS';
  expect(problemsOf({ TEMPORAL_TLS: 'true', TEMPORAL_API_KEY: 'key' })).toEqual([
    `TEMPORAL_TLS: ${none}`,
    `TEMPORAL_API_KEY: ${none}`,
  ]);
  expect(problemsOf({ ...cluster, TEMPORAL_TLS_KEY_PATH: '/nowhere/key.pem' })).toContain(
    'TEMPORAL_TLS_CERT_PATH: missing, where TEMPORAL_TLS_KEY_PATH is there',
  );
});

test('half of a certificate for the API is a fault, and never plain HTTP', () => {
  expect(problemsOf({ TLS_CERT_PATH: '/tls/cert.pem' })).toEqual([
    'TLS_KEY_PATH: missing, where TLS_CERT_PATH is there',
  ]);
  expect(problemsOf({ TLS_KEY_PATH: '/tls/key.pem' })).toEqual(['TLS_CERT_PATH: missing, where TLS_KEY_PATH is there']);
  expect(problemsOf({ TLS_CERT_PATH: '/nowhere/cert.pem', TLS_KEY_PATH: '/nowhere/key.pem' })).toEqual([
    expect.stringMatching(/^TLS_CERT_PATH: .*\/nowhere\/cert\.pem/),
  ]);
});

test.each([
  [{ ...provider, OIDC_CLIENT_SECRET: '' }, 'OIDC_CLIENT_SECRET: missing'],
  [{ OIDC_ROLE_CLAIM: 'groups' }, 'OIDC_ISSUER: missing'],
  [{ ...provider, OIDC_ISSUER: 'http://login.example.com' }, 'OIDC_ISSUER: https://'],
  [{ ...provider, OIDC_ISSUER: 'login.example.com' }, 'OIDC_ISSUER: '],
  [{ ...provider, OIDC_DEFAULT_ROLE: 'owner' }, 'OIDC_DEFAULT_ROLE: '],
  [{ ROLES: 'api,janitor' }, 'ROLES'],
  [{ ROLES: 'api' }, 'DATABASE_URL: missing'],
  [{ ROLES: 'worker', DATABASE_URL: 'postgresql://db/x' }, 'TEMPORAL_ADDRESS: missing'],
  [{ KEY_VAULT_SECRET: 'password' }, 'KEY_VAULT_SECRET: at least 32'],
  [{ LOGS_KEPT_DAYS: '0' }, 'LOGS_KEPT_DAYS'],
])('%j is refused', (environment, problem) => {
  const load = () => loadControlPlaneConfig(environment);
  expect(load).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(problem) }));
});

test('a process has all roles, or those that are named; the command line counts more', () => {
  const elsewhere = { DATABASE_URL: 'postgresql://db/x', TEMPORAL_ADDRESS: 'temporal:7233' };
  expect(loadControlPlaneConfig({}).ROLES).toEqual(['api', 'worker', 'gateway']);
  expect(loadControlPlaneConfig({ ...elsewhere, ROLES: 'gateway, api' }).ROLES).toEqual(['api', 'gateway']);
  expect(loadControlPlaneConfig({ ...elsewhere, ROLES: 'api' }, { ROLES: 'worker' }).ROLES).toEqual(['worker']);
  // The API tells the others by the database, so it needs no way to Temporal.
  expect(loadControlPlaneConfig({ DATABASE_URL: elsewhere.DATABASE_URL, ROLES: 'api' }).ROLES).toEqual(['api']);
});
