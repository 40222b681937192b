import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { pagePolicyOf } from './security-headers.ts';

/** As the build leaves it in the page, for a new value at each answer. */
const noncePlaceholder = 'CSP_NONCE';

/**
 * The web UI, where `webRoot` holds one: built files under /assets, named by their content, in the form that the browser
 * takes (the build has made all three). Any other page address is the app's, which knows its own routes.
 */
export async function serveWeb(server: FastifyInstance, webRoot: string): Promise<void> {
  if (!existsSync(join(webRoot, 'index.html'))) return;
  await server.register(fastifyStatic, { root: resolve(webRoot), serve: false, preCompressed: true });
  const page = readFileSync(join(webRoot, 'index.html'), 'utf8');
  server.get('/*', (request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    if (path.startsWith('/api/')) return reply.callNotFound();
    if (path.startsWith('/assets/')) return reply.sendFile(path.slice(1), { maxAge: '1y', immutable: true });
    const nonce = randomBytes(16).toString('base64');
    return reply
      .header('content-security-policy', pagePolicyOf(nonce))
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(page.replaceAll(noncePlaceholder, nonce));
  });
}
