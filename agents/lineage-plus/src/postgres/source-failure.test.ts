import { expect, test } from 'vitest';
import type { PostgresConnection } from '../postgres-connection.ts';
import { SourceFailure } from './source-failure.ts';

const connection = { host: 'db', port: 5432, user: 'reader', database: 'shop' } as PostgresConnection;

function failure(said: { code?: string; message: string; severity?: string }): SourceFailure {
  return new SourceFailure(Object.assign(new Error(said.message), said), connection);
}
const server = (code: string, message: string, severity = 'ERROR') => failure({ code, message, severity });
const system = (code: string | undefined, message: string) =>
  failure({ message, ...(code === undefined ? {} : { code }) });

const cases: [SourceFailure, string, number, RegExp][] = [
  [server('28P01', 'password authentication failed'), 'SOURCE_PASSWORD_REFUSED', 3, /postgres\.password/],
  [system(undefined, 'SASL: client password must be a string'), 'SOURCE_PASSWORD_REFUSED', 3, /postgres\.password/],
  [
    server('28000', 'no pg_hba.conf entry for host "h", no encryption'),
    'SOURCE_LOGIN_NOT_ALLOWED',
    3,
    /sslmode=require/,
  ],
  [server('28000', 'role "reader" does not exist'), 'SOURCE_LOGIN_NOT_ALLOWED', 3, /"reader".*pg_hba/],
  [
    server('42501', 'permission denied for database "shop"'),
    'SOURCE_PERMISSION_MISSING',
    3,
    /CONNECT ON DATABASE "shop"/,
  ],
  [server('42501', 'permission denied for function f'), 'SOURCE_PERMISSION_MISSING', 3, /GRANT to "reader"/],
  [server('3D000', 'database "shop" does not exist'), 'SOURCE_DATABASE_MISSING', 2, /postgres\.database/],
  [server('55000', 'database "shop" is not accepting'), 'SOURCE_CLOSED_FOR_CONNECTIONS', 8, /ALLOW_CONNECTIONS/],
  [server('53300', 'too many clients already', 'FATAL'), 'SOURCE_TOO_MANY_CONNECTIONS', 8, /max_connections/],
  [server('53200', 'out of shared memory'), 'SOURCE_LOCK_TABLE_FULL', 8, /max_locks_per_transaction/],
  [server('53200', 'out of memory'), 'SOURCE_OUT_OF_MEMORY', 8, /memory/],
  [server('53100', 'could not extend file'), 'SOURCE_OUT_OF_RESOURCES', 8, /disk/],
  [server('55P03', 'canceling statement due to lock timeout'), 'SOURCE_LOCKED', 8, /migration/],
  [server('57014', 'canceling statement due to statement timeout'), 'SOURCE_TOO_SLOW', 8, /quieter/],
  [server('57014', 'canceling statement due to user request'), 'SOURCE_CANCELED', 8, /pg_cancel_backend/],
  [server('25P03', 'terminating due to idle-in-transaction timeout', 'FATAL'), 'SOURCE_IDLE_TOO_LONG', 8, /CPU/],
  [server('40001', 'conflict with recovery'), 'SOURCE_STANDBY_CONFLICT', 8, /primary/],
  [server('57P03', 'the database system is starting up', 'FATAL'), 'SOURCE_STARTING', 4, /Wait/],
  [server('57P01', 'terminating connection', 'FATAL'), 'SOURCE_SHUT_DOWN', 4, /when it is up/],
  [server('57P02', 'crash of another process', 'FATAL'), 'SOURCE_SHUT_DOWN', 4, /when it is up/],
  [server('08P01', 'unsupported startup parameter', 'FATAL'), 'SOURCE_PROTOCOL', 8, /pooler/],
  [server('08006', 'server conn crashed?', 'FATAL'), 'SOURCE_CONNECTION_LOST', 4, /server's log/],
  [system(undefined, 'Connection terminated unexpectedly'), 'SOURCE_CONNECTION_LOST', 4, /server's log/],
  [system('ECONNRESET', 'read ECONNRESET'), 'SOURCE_CONNECTION_LOST', 4, /server's log/],
  [system(undefined, 'The server does not support SSL connections'), 'SOURCE_WITHOUT_TLS', 4, /sslmode=prefer/],
  [system('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'), 'SOURCE_CERTIFICATE_REFUSED', 4, /verify-full/],
  [system('ERR_SSL_UNSUPPORTED_PROTOCOL', 'unsupported protocol'), 'SOURCE_TLS_FAILED', 4, /TLS 1\.2/],
  [system('ENOTFOUND', 'getaddrinfo ENOTFOUND db'), 'SOURCE_NAME_UNKNOWN', 4, /postgres\.host/],
  [system(undefined, 'timeout expired'), 'SOURCE_NO_ROUTE', 4, /firewall/],
  [system('ECONNREFUSED', 'connect ECONNREFUSED'), 'SOURCE_NOT_LISTENING', 4, /is up.*db:5432/],
  [server('XX000', 'cache lookup failed'), 'SOURCE_ERROR', 8, /server's log/],
  [system('EMFILE', 'too many open files'), 'SOURCE_ERROR', 4, /server's log/],
];

test.each(cases)('%s is %s, exit %i, with a remedy of its own', (found, code, exitCode, remedy) => {
  expect(found).toMatchObject({ code, exitCode, remedy: expect.stringMatching(remedy) });
});

test('a database that is down is told of one that is not listening alone', () => {
  const down = cases.filter(([{ remedy }]) => /database is up/.test(remedy)).map(([, code]) => code);
  expect(down).toEqual(['SOURCE_NOT_LISTENING']);
});

test('the message names the server, who asked for what, the words of PostgreSQL and its SQLSTATE', () => {
  expect(server('53300', 'too many clients already', 'FATAL').message).toBe(
    'PostgreSQL at db:5432 has no connection left (user "reader", database "shop"): too many clients already, SQLSTATE 53300.',
  );
});

test('an error of a statement leaves the connection in use, one that ends the session does not', () => {
  expect(server('55P03', 'lock timeout').isOfStatement).toBe(true);
  expect(server('57P01', 'shutdown', 'FATAL').isOfStatement).toBe(false);
  expect(system('ECONNRESET', 'reset').isOfStatement).toBe(false);
});
