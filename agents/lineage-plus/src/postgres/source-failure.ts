import { AgentFailure } from '@bigeye/agent-kit';
import type { PostgresConnection } from '../postgres-connection.ts';
import { adviceFor, type Said } from './source-advice.ts';

/** A failure of the source that its user can act on, told apart by SQLSTATE or by the code of the socket. */
export class SourceFailure extends AgentFailure {
  readonly sqlState: string | undefined;
  /** Only the statement failed; the connection goes on. */
  readonly isOfStatement: boolean;

  constructor(cause: unknown, connection: PostgresConnection) {
    const said = saidBy(cause);
    const { code, exit, message, remedy } = adviceFor(said, connection);
    super(exit, message, remedy, { cause, code });
    this.sqlState = said.sqlState;
    this.isOfStatement = said.severity === 'ERROR';
  }
}

function saidBy(cause: unknown): Said {
  const { message, code, severity } = (cause instanceof Error ? cause : new Error(String(cause))) as Error & {
    code?: string;
    severity?: string;
  };
  // Only the server gives a severity; a code without one is the operating system's.
  const isServer = severity !== undefined;
  return {
    message: message === '' ? (code ?? 'no answer') : message.replace(/\.$/, ''),
    sqlState: isServer ? code : undefined,
    severity,
    systemCode: isServer ? undefined : code,
  };
}
