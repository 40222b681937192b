import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { AuditLog } from './audit.ts';
import type { Config } from './config.ts';
import { Daemon } from './daemon.ts';
import { Service } from './service.ts';

const MAX_CONNECTIONS = 512;
const PARSER = { insecureHTTPParser: false, requireHostHeader: false, maxHeaderSize: 24 * 1024 };
const PATIENCE_MS = { requestTimeout: 15_000, headersTimeout: 15_000, keepAliveTimeout: 60_000 };

/** Starts to listen; the returned function ends all connections. Rejects if address, audit log or engine do not fit. */
export async function startGuard(config: Config): Promise<() => void> {
  const audit = new AuditLog(config.auditLog);
  const daemon = new Daemon(config.dockerSocket);
  await daemon.agreeOnVersion();
  const service = new Service(config, audit, daemon);
  const server = createServer({ ...PARSER, ...PATIENCE_MS, connectionsCheckingInterval: 1_000 });
  // Otherwise Node drops the headers above a number without a word, and ends with the client that closed its sending side.
  Object.assign(server, { maxHeadersCount: 0, maxConnections: MAX_CONNECTIONS, httpAllowHalfOpen: true });
  for (const event of ['request', 'checkContinue', 'checkExpectation'])
    server.on(event, (request, response) => service.handle(request, response));
  server.on('connect', (request, socket) => service.handle(request, responseOn(socket as Socket, request)));
  server.on('connection', (socket) => socket.on('end', () => service.onHalfClosed(socket)));
  server.on('clientError', (cause: NodeJS.ErrnoException, socket) => {
    const answer = () => responseOn(socket as Socket);
    service.onBroken(socket as Socket, cause.code ?? '', answer);
  });
  await listen(server, config.listen);
  const nobody = { caller: '-', method: '-', rule: '-', status: 0, micros: 0 };
  audit.record({ ...nobody, endpoint: config.fingerprint, verdict: 'start' });
  audit.flush();
  return () => {
    server.close();
    server.closeAllConnections();
    daemon.close();
    audit.close();
  };
}

/** A way to answer where Node gives none: to CONNECT, and to what is not HTTP. */
function responseOn(socket: Socket, request = new IncomingMessage(socket)): ServerResponse {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  return response;
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
