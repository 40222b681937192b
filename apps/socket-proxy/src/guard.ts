import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { AuditLog } from './audit.ts';
import type { Config } from './config.ts';
import { Daemon } from './daemon.ts';
import { Service } from './service.ts';

const MOST_CONNECTIONS = 512;

/** Starts to listen; the returned function ends all connections. Rejects if address, audit log or engine do not fit. */
export async function startGuard(config: Config): Promise<() => void> {
  const audit = new AuditLog(config.auditLog);
  const daemon = new Daemon(config.dockerSocket);
  await daemon.agreeOnVersion();
  const service = new Service(config, audit, daemon);
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    clients.add(client);
    client.once('close', () => clients.delete(client));
    service.serve(client).catch(() => client.destroy());
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, config.listen);
  const nobody = { caller: '-', method: '-', rule: '-', status: 0, micros: 0 };
  audit.record({ ...nobody, endpoint: config.fingerprint, verdict: 'start' });
  return () => {
    server.close();
    for (const client of clients) client.destroy();
    daemon.close();
    audit.close();
  };
}

function listen(server: Server, address: Config['listen']): Promise<void> {
  const path = 'path' in address ? address.path : undefined;
  if (path && lstatSync(path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(path);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      if (path) chmodSync(path, 0o660);
      resolve();
    });
  });
}
