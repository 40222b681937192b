import pg from 'pg';
import type { PostgresConnection, SslMode } from '../postgres-connection.ts';
import { SourceFailure } from './source-failure.ts';

const connectTimeoutMs = 15_000;

/**
 * How long the source bears with us. Of views: a transaction holds locks on tables of the customer's, and a migration that
 * waits for one of them waits for all that the transaction waits for: together well under a second. Of catalogs:
 * nobody's migration waits for those locks.
 */
const patience = {
  catalogs: { statementMs: 120_000, lockMs: 800, idleMs: 30_000 },
  views: { statementMs: 400, lockMs: 150, idleMs: 400 },
} as const;

/** Runs statements. Throws SourceFailure where the source refuses or is gone. */
export interface SourceReader {
  rows<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The row description of one statement: names, types, and the stored column each field is. */
  fields(sql: string): Promise<pg.FieldDef[]>;
}

/**
 * A read-only look at one database, in short transactions; no statement runs outside of one. `rows` and `fields` take one
 * each. Transactions take turns. Closes the connection when disposed.
 */
export interface SourceSession extends SourceReader, AsyncDisposable {
  /** Several statements that see one snapshot of the catalogs. */
  snapshot<T>(work: (reader: SourceReader) => Promise<T>): Promise<T>;
  /**
   * One statement without parameters, for what locks tables of the customer's. The locks are gone before the first row is
   * sent, so neither a slow network nor an agent that stands still makes anybody wait.
   */
  brief<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>;
}

/** Connects. Throws SourceFailure with the cause told apart: key, network or name. */
export async function openSourceSession(
  connection: PostgresConnection,
  applicationName: string,
): Promise<SourceSession> {
  const client = await connect(connection, applicationName);
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw new SourceFailure(cause, connection);
    }
  };
  const query = <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
    attempt(() => client.query<Row>(sql, [...values]));
  let turns: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = turns.then(work);
    turns = turn.catch(() => undefined);
    return turn;
  };
  const rollback = () => client.query('ROLLBACK').catch(() => undefined);
  const reader: SourceReader = {
    rows: async <Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) =>
      (await query<Row>(sql, values)).rows,
    fields: async (sql) => (await query(sql)).fields,
  };
  const snapshot = <T>(work: (reader: SourceReader) => Promise<T>): Promise<T> =>
    inTurn(async () => {
      await attempt(() => client.query(begin('catalogs')));
      try {
        return await work(reader);
      } finally {
        await rollback();
      }
    });
  return {
    snapshot,
    rows: (sql, values) => snapshot(({ rows }) => rows(sql, values)),
    fields: (sql) => snapshot(({ fields }) => fields(sql)),
    brief: <Row extends pg.QueryResultRow>(sql: string) =>
      inTurn(async () => {
        try {
          const results = await attempt(() => client.query(briefly(sql)));
          return (results as unknown as pg.QueryResult<Row>[]).flatMap(({ command, rows }) =>
            command === 'FETCH' ? rows : [],
          );
        } catch (failure) {
          await rollback();
          throw failure;
        }
      }),
    async [Symbol.asyncDispose]() {
      await client.end().catch(() => undefined);
    },
  };
}

/** LOCAL throughout, because behind a pooler the session is lent to others afterwards. */
function begin(what: keyof typeof patience): string {
  const { statementMs, lockMs, idleMs } = patience[what];
  return [
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    `SET LOCAL statement_timeout = ${statementMs}`,
    `SET LOCAL lock_timeout = ${lockMs}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${idleMs}`,
    // With nothing but pg_catalog in the path, pg_get_viewdef qualifies every other name.
    'SET LOCAL search_path = pg_catalog',
  ].join('; ');
}

/**
 * In one message, so that the server ends the transaction by itself. COMMIT makes a cursor WITH HOLD keep its rows on the
 * server and lets all locks go; only then are the rows sent. A pooler hands the connection to nobody in between.
 */
function briefly(sql: string): string {
  return `${begin('views')}; DECLARE brief NO SCROLL CURSOR WITH HOLD FOR ${sql}; COMMIT; FETCH ALL FROM brief; CLOSE brief`;
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
  throw new SourceFailure(refusal, connection);
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
