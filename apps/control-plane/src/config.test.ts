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
])('%j is refused', (environment, problem) => {
  const load = () => loadControlPlaneConfig(environment);
  expect(load).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(problem) }));
});
