import type { FastifyReply, FastifyRequest } from 'fastify';
import { isByTls } from './secure-channel.ts';

/** What is data and no page: nothing in it may be run, shown in a frame, or fetched from. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/** On every answer, whatever it is and whoever made it. */
export const securityHeaders = {
  'content-security-policy': dataPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** The page of the API's documentation is text and its own style. */
export const docsPolicy = `${dataPolicy}; style-src 'self'`;

const secondsOfAYear = 365 * 24 * 60 * 60;

export function securityHeadersOf(request: FastifyRequest): Record<string, string> {
  if (!isByTls(request)) return securityHeaders;
  return { ...securityHeaders, 'strict-transport-security': `max-age=${secondsOfAYear}` };
}

/** What an answer says for itself (the policy of a page) stays. Answers of the API may hold a key that was just made. */
export function addSecurityHeaders(request: FastifyRequest, reply: FastifyReply): void {
  for (const [name, value] of Object.entries(securityHeadersOf(request)))
    if (!reply.hasHeader(name)) reply.header(name, value);
  if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
}

/**
 * The policy of the UI's page: own scripts, own styles, and the styles that its script makes with this nonce. React sets
 * single properties of elements, which no policy forbids.
 */
export const pagePolicyOf = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');
