import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    httpsHost: string | undefined;
  }
}

/** `publicUrl`: where it is https, requests to its host came by TLS, also when what ended it is no trusted proxy. */
export function rememberPublicUrl(server: FastifyInstance, publicUrl: string | undefined): void {
  const { protocol, host } = URL.parse(publicUrl ?? '') ?? {};
  server.decorate('httpsHost', protocol === 'https:' ? host : undefined);
}

/** Whether the browser sees an address with https. */
export const isByTls = (request: FastifyRequest): boolean =>
  request.protocol === 'https' || (request.server.httpsHost !== undefined && request.host === request.server.httpsHost);
