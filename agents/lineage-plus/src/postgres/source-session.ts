import { AgentFailure } from '@bigeye/agent-kit';
import pg from 'pg';
import type { PostgresConnection, SslMode } from '../postgres-connection.ts';

const connectTimeoutMs = 15_000;
const statementTimeoutMs = 120_000;

/** A read-only look at one database: every query sees the same snapshot. Closes the connection when disposed. */
export interface SourceSession extends AsyncDisposable {
  /** Rows of one statement. Throws AgentFailure where the source refuses or is gone. */
  rows<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The row description of one statement: names, types, and the stored column each field is. */
  fields(sql: string): Promise<pg.FieldDef[]>;
}

/** Connects and opens a read-only transaction. Throws AgentFailure with the cause told apart: key, network or name. */
export async function openSourceSession(
  connection: PostgresConnection,
  applicationName: string,
): Promise<SourceSession> {
  const client = await connect(connection, applicationName);
  const query = async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) => {
    try {
      return await client.query<Row>(sql, [...values]);
    } catch (cause) {
      throw toFailure(cause, connection);
    }
  };
  const rows = async <Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) =>
    (await query<Row>(sql, values)).rows;
  await rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  // LOCAL, because behind a connection pool the session may be lent to others afterwards.
  await rows(`SET LOCAL statement_timeout = ${statementTimeoutMs}`);
  // With nothing but pg_catalog in the path, pg_get_viewdef qualifies every other name.
  await rows('SET LOCAL search_path = pg_catalog');
  return {
    rows,
    fields: async (sql) => (await query(sql)).fields,
    async [Symbol.asyncDispose]() {
      await client.query('ROLLBACK').catch(() => undefined);
      await client.end().catch(() => undefined);
    },
  };
}

async function connect(connection: PostgresConnection, applicationName: string): Promise<pg.Client> {
  let refusal: unknown;
  for (const ssl of sslAttempts(connection.sslMode)) {
    const client = new pg.Client({
      host: connection.host,
      port: connection.port,
      database: connection.database,
      user: connection.user,
      password: connection.password,
      ssl,
      application_name: applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
    });
    // Without a listener, a connection that breaks while idle would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (cause) {
      refusal = cause;
      await client.end().catch(() => undefined);
      if (!isWithoutTls(cause)) break;
    }
  }
  throw toFailure(refusal, connection);
}

function sslAttempts(mode: SslMode) {
  switch (mode) {
    case 'disable':
      return [false];
    case 'prefer':
      return [{ rejectUnauthorized: false }, false];
    case 'require':
      return [{ rejectUnauthorized: false }];
    case 'verify-full':
      return [{ rejectUnauthorized: true }];
  }
}

function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && error.message.includes('does not support SSL');
}

/** Tells the causes apart that need different action. */
function toFailure(cause: unknown, { host, port, database, user }: PostgresConnection): AgentFailure {
  if (cause instanceof AgentFailure) return cause;
  const { code, message } =
    cause instanceof Error ? (cause as Error & { code?: string }) : { code: undefined, message: String(cause) };
  const at = `${host}:${port}`;
  if (code?.startsWith('28')) {
    return new AgentFailure(
      'credentialsRefused',
      `${at} refuses the user "${user}": ${message}.`,
      'Check postgres.username and postgres.password of the connection.',
      { cause },
    );
  }
  if (code === '42501') {
    const grant = `GRANT CONNECT ON DATABASE ${database} TO ${user};`;
    return new AgentFailure(
      'credentialsRefused',
      `"${user}" lacks a permission: ${message}.`,
      `As an administrator: ${grant}`,
      { cause },
    );
  }
  if (code === '3D000') {
    return new AgentFailure('usage', `${at} has no database "${database}".`, 'Correct postgres.database.', { cause });
  }
  return new AgentFailure(
    'sourceUnreachable',
    `PostgreSQL at ${at} cannot be used: ${message === '' ? (code ?? 'no answer') : message}.`,
    tlsRemedy(cause, code) ?? `Check that the database is up and that this host reaches ${at}.`,
    { cause },
  );
}

function tlsRemedy(cause: unknown, code: string | undefined): string | undefined {
  if (isWithoutTls(cause)) return 'Enable TLS on the server, or set postgres.sslmode=prefer if the network is trusted.';
  if (code === undefined || !/CERT|UNABLE_TO_VERIFY/.test(code)) return undefined;
  return 'verify-full needs a certificate of a public authority for this host name; require encrypts without checking it.';
}
