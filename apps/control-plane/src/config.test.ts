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
