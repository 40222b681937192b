import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type OpenApiDocument, renderDocs } from './docs/docs-page.ts';
import { createOpenApi } from './openapi.ts';
import { docsPolicy } from './security-headers.ts';

/** The API's own description: /openapi.json for programs, /docs for people. */
export function serveDocs(server: FastifyInstance, publicUrl: string): void {
  const document = createOpenApi(publicUrl);
  const page = renderDocs(document as unknown as OpenApiDocument);
  const style = readFileSync(join(import.meta.dirname, 'docs/style.css'), 'utf8');
  server.get('/openapi.json', () => document);
  server.get('/docs', (_request, reply) =>
    reply.header('content-security-policy', docsPolicy).type('text/html; charset=utf-8').send(page),
  );
  server.get('/docs/', (_request, reply) => reply.redirect('/docs', 308));
  server.get('/docs/style.css', (_request, reply) => reply.type('text/css; charset=utf-8').send(style));
}
