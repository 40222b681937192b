import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError, type ErrorBody } from '@bigeye/contracts';
import { endSoon } from './connection-limits.ts';
import { securityHeaders } from './security-headers.ts';

const statusLines: Record<string, [number, string, string]> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'larger than 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'not complete in time'],
};

/** What cannot be read as a request gets our error body and headers too. It is not told what it was: it may be a secret. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [code, reason, message] = statusLines[error.code ?? ''] ?? [400, 'Bad Request', 'not a request of HTTP/1.1'];
  endSoon(socket, answerOf(code, reason, message));
}

/** Node's own answer would have no headers. */
export function answerExpectation(_request: IncomingMessage, { socket }: ServerResponse): void {
  if (socket) endSoon(socket, answerOf(417, 'Expectation Failed', 'an expectation that is not met here'));
}

function answerOf(code: number, reason: string, message: string): string {
  const fault = new AppError('INVALID_INPUT', { issues: [{ path: 'headers', message }] });
  const { code: errorCode, remedy, details } = fault;
  const body: ErrorBody = { code, message: fault.message, errorCode, remedy, details, requestId: '' };
  const text = JSON.stringify(body);
  const headers = {
    ...securityHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${code} ${reason}\r\n${lines.join('')}\r\n${text}`;
}
