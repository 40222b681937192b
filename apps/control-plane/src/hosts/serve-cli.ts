import { cliDownloadPath } from '@bigeye/contracts';
import type { FastifyInstance } from 'fastify';
import type { CliDownload } from './host-setup.ts';

/** The CLI, for machines that have no key yet; not found where this control plane serves none. */
export function serveCli(server: FastifyInstance, cli: CliDownload | undefined): void {
  server.get(cliDownloadPath, (_request, reply) => {
    if (!cli) return reply.callNotFound();
    const [name = ''] = cliDownloadPath.split('/').slice(-1);
    return reply
      .header('content-disposition', `attachment; filename="${name}"`)
      .header('cache-control', 'no-cache')
      .header('etag', `"${cli.sha256}"`)
      .type('application/octet-stream')
      .send(cli.content);
  });
}
