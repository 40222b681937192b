import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** What the provider says of somebody. */
export type Person = Record<string, unknown> & { email?: string | undefined };

export interface OpenidProvider extends AsyncDisposable {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Who can sign in there, by subject. */
  people: Map<string, Person>;
  /** Until then it answers nobody. */
  open(redirectUri: string): void;
}

/** A real OpenID provider on loopback. Its sign-in page takes any password. */
export async function startOpenidProvider(): Promise<OpenidProvider> {
  const people = new Map<string, Person>();
  let handle: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Another site than the control plane's 127.0.0.1, as browsers see it.
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const [clientId, clientSecret] = ['control-plane', 'a secret of the client'];
  return {
    issuer,
    clientId,
    clientSecret,
    people,
    open: (redirectUri) => {
      const provider = new Provider(issuer, {
        clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
        cookies: { keys: ['for tests'] },
        findAccount: (_context: unknown, subject: string) =>
          people.has(subject)
            ? { accountId: subject, claims: () => ({ sub: subject, ...people.get(subject) }) }
            : undefined,
        // Nobody is asked for consent.
        loadExistingGrant: async (context: {
          oidc: Record<'session' | 'client', { accountId: string; clientId: string }>;
        }) => {
          const { session, client } = context.oidc;
          const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
          grant.addOIDCScope('openid email profile');
          await grant.save();
          return grant;
        },
      });
      handle = provider.callback();
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
