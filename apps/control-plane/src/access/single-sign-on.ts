import { AppError, apiRoutes, Role, UserInput } from '@bigeye/contracts';
import * as openid from 'openid-client';
import { createFlowSeal } from './flow-seal.ts';
import { safePathOf } from './safe-path.ts';
import type { Subject } from './subject-store.ts';

export interface OidcSettings {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** What the sign-in page calls it. */
  name: string;
  /** Without one, admins give the roles. */
  roleClaim: string | undefined;
  defaultRole: Role;
}

export interface SingleSignOn {
  name: string;
  /** Where the browser goes, and what it has to bring back. Throws OIDC_UNREACHABLE. */
  start(to: string | undefined): Promise<{ url: string; sealedFlow: string }>;
  /** `search`: the query that the provider answered with. Throws OIDC_REFUSED, OIDC_EMAIL_NOT_VERIFIED, OIDC_UNREACHABLE. */
  finish(answer: { sealedFlow: string | undefined; search: string }): Promise<{ subject: Subject; to: string }>;
}

const timeoutSeconds = 10;

/** Authorization code flow with PKCE, state and nonce. The provider is asked at the first sign-in, not at the start. */
export function createSingleSignOn(settings: OidcSettings, publicUrl: string): SingleSignOn {
  const redirectUri = publicUrl.replace(/\/+$/, '') + apiRoutes.finishSingleSignOn.path;
  const seal = createFlowSeal(settings.clientSecret);
  const discover = createDiscovery(settings);
  return {
    name: settings.name,
    start: async (to) => {
      const provider = await discover();
      const verifier = openid.randomPKCECodeVerifier();
      const flow = { state: openid.randomState(), nonce: openid.randomNonce(), verifier, to: safePathOf(to) };
      const url = openid.buildAuthorizationUrl(provider, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state: flow.state,
        nonce: flow.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, sealedFlow: seal.seal(flow) };
    },
    finish: async ({ sealedFlow, search }) => {
      const flow = seal.open(sealedFlow);
      if (!flow) throw new AppError('OIDC_REFUSED', { reason: 'no sign-in was begun in this browser lately' });
      const provider = await discover();
      const claims = await readClaims(provider, new URL(redirectUri + search), flow, settings).catch(translate);
      return { subject: subjectOf(claims, settings), to: flow.to };
    },
  };
}

/** Asks once; again only after a failure. */
function createDiscovery({ issuer, clientId, clientSecret }: OidcSettings): () => Promise<openid.Configuration> {
  let asked: Promise<openid.Configuration> | undefined;
  const basic = openid.ClientSecretBasic(clientSecret);
  const post = openid.ClientSecretPost(clientSecret);
  const authenticate: openid.ClientAuth = (server, ...rest) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server;
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
  const execute = [openid.enableNonRepudiationChecks];
  if (issuer.startsWith('http:')) execute.push(openid.allowInsecureRequests);
  return () => {
    asked ??= openid
      .discovery(new URL(issuer), clientId, undefined, authenticate, { execute, timeout: timeoutSeconds })
      .catch((cause) => {
        asked = undefined;
        throw new AppError('OIDC_UNREACHABLE', { reason: reasonOf(cause) }, { cause });
      });
    return asked;
  };
}

type Claims = Record<string, unknown> & { iss: string; sub: string };

/** Of the ID token; what it lacks, of the userinfo endpoint. */
async function readClaims(
  provider: openid.Configuration,
  url: URL,
  flow: { state: string; nonce: string; verifier: string },
  { roleClaim }: OidcSettings,
): Promise<Claims> {
  const tokens = await openid.authorizationCodeGrant(provider, url, {
    expectedState: flow.state,
    expectedNonce: flow.nonce,
    pkceCodeVerifier: flow.verifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims() as Claims | undefined;
  if (!claims) throw new AppError('OIDC_REFUSED', { reason: 'no ID token' });
  const wanted = ['email', 'email_verified', ...(roleClaim === undefined ? [] : [roleClaim])];
  if (!provider.serverMetadata().userinfo_endpoint || wanted.every((name) => claims[name] !== undefined)) return claims;
  return { ...(await openid.fetchUserInfo(provider, tokens.access_token, claims.sub)), ...claims };
}

function subjectOf(claims: Claims, { roleClaim, defaultRole }: OidcSettings): Subject {
  const email = UserInput.shape.email.safeParse(claims.email).data;
  const { email_verified: verified } = claims;
  if (email === undefined || verified === false || verified === 'false')
    throw new AppError('OIDC_EMAIL_NOT_VERIFIED', {});
  const claimed = roleClaim === undefined ? undefined : roleIn(claims[roleClaim]);
  return {
    issuer: claims.iss,
    subject: claims.sub,
    email,
    isEmailProven: verified === true || verified === 'true',
    name: UserInput.shape.name.safeParse(claims.name).data ?? email.slice(0, 128),
    role: { role: claimed ?? defaultRole, onEverySignIn: roleClaim !== undefined },
  };
}

/** The highest, where a list holds several. */
function roleIn(claim: unknown): Role | undefined {
  const values: unknown[] = Array.isArray(claim) ? claim : [claim];
  return Role.options.findLast((role) => values.includes(role));
}

/** What the provider answers in these ways is no answer at all. */
const unreachableCodes = ['OAUTH_TIMEOUT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON'];

function translate(cause: unknown): never {
  if (cause instanceof AppError) throw cause;
  const { code } = cause as { code?: string };
  const reason = reasonOf(cause);
  // Node's fetch throws a TypeError where nobody answers.
  if (cause instanceof TypeError || unreachableCodes.includes(code ?? ''))
    throw new AppError('OIDC_UNREACHABLE', { reason }, { cause });
  throw new AppError('OIDC_REFUSED', { reason }, { cause });
}

function reasonOf(cause: unknown): string {
  const { error, code, message } = cause as { error?: unknown; code?: unknown; message?: unknown };
  return [error ?? code, message].filter((part) => typeof part === 'string').join(': ');
}
