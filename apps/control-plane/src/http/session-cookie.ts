import type { FastifyReply, FastifyRequest } from 'fastify';

const name = 'bigeye_session';

export const sessionTokenOf = (request: FastifyRequest): string | undefined => cookieOf(request, name);

/** `token` empty: takes the cookie away. */
export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string, expiresAt: Date): void {
  setCookie(request, reply, `${name}=${token}; Path=/; HttpOnly; SameSite=Strict; Expires=${expiresAt.toUTCString()}`);
}

const flowName = 'bigeye_oidc';

export const flowCookieOf = (request: FastifyRequest): string | undefined => cookieOf(request, flowName);

/** Lax, because the provider leads back from another site; only its two routes get it. `value` empty: takes it away. */
export function setFlowCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  value: string,
  maxAgeSeconds: number,
): void {
  const attributes = `Path=/api/v1/session/oidc; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}`;
  setCookie(request, reply, `${flowName}=${value}; ${attributes}`);
}

function cookieOf(request: FastifyRequest, wanted: string): string | undefined {
  const cookies = request.headers.cookie?.split(/; */) ?? [];
  return cookies.find((cookie) => cookie.startsWith(`${wanted}=`))?.slice(wanted.length + 1);
}

function setCookie(request: FastifyRequest, reply: FastifyReply, cookie: string): void {
  reply.header('set-cookie', request.protocol === 'https' ? `${cookie}; Secure` : cookie);
}
