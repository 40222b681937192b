import type { FastifyReply, FastifyRequest } from 'fastify';
import { isByTls } from '../http/secure-channel.ts';

const sessionName = 'bigeye_session';
const flowName = 'bigeye_oidc';

export const sessionTokenOf = (request: FastifyRequest): string | undefined => cookieOf(request, sessionName);

/** `token` empty: takes the cookie away. */
export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string, expiresAt: Date): void {
  const attributes = `Path=/; HttpOnly; SameSite=Strict; Expires=${expiresAt.toUTCString()}`;
  reply.header('set-cookie', cookieText(request, sessionName, token, attributes));
}

export const flowCookieOf = (request: FastifyRequest): string | undefined => cookieOf(request, flowName);

/** Lax, because the provider leads back from another site. `value` empty: takes it away. */
export function setFlowCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  value: string,
  maxAgeSeconds: number,
): void {
  // The prefix asks for the path /; without it only the two routes that need the cookie get it.
  const path = isByTls(request) ? '/' : '/api/v1/session/oidc';
  const attributes = `Path=${path}; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`;
  reply.header('set-cookie', cookieText(request, flowName, value, attributes));
}

/** With TLS under a name that browsers let this very origin set only, and nobody on a host beside or below it. */
const nameOf = (request: FastifyRequest, name: string): string => (isByTls(request) ? `__Host-${name}` : name);

function cookieText(request: FastifyRequest, name: string, value: string, attributes: string): string {
  return `${nameOf(request, name)}=${value}; ${attributes}${isByTls(request) ? '; Secure' : ''}`;
}

function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const wanted = `${nameOf(request, name)}=`;
  const cookies = request.headers.cookie?.split(/; */) ?? [];
  return cookies.find((cookie) => cookie.startsWith(wanted))?.slice(wanted.length);
}
