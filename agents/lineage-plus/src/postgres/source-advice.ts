import type { agentExitCodes } from '@bigeye/contracts';
import type { PostgresConnection } from '../postgres-connection.ts';

/** What the server, the driver or the operating system said. */
export interface Said {
  readonly message: string;
  readonly sqlState: string | undefined;
  readonly severity: string | undefined;
  /** Of the operating system or of TLS, for example `ECONNREFUSED`. */
  readonly systemCode: string | undefined;
}

/** What to tell about one kind of failure: which it is, the agent's exit, what happened and what to do next. */
interface Advice {
  readonly code: string;
  readonly exit: keyof typeof agentExitCodes;
  readonly message: string;
  readonly remedy: string;
}

/** One kind: `when` recognises it; the first that does is taken, so the particular stands before the general. */
interface Kind {
  readonly code: string;
  readonly exit: keyof typeof agentExitCodes;
  readonly when: (said: Said) => boolean;
  readonly what: string;
  readonly remedy: string | ((connection: PostgresConnection) => string);
}

const states =
  (...known: string[]) =>
  ({ sqlState }: Said) =>
    sqlState !== undefined && known.some((state) => sqlState.startsWith(state));
const system =
  (...known: string[]) =>
  ({ systemCode }: Said) =>
    systemCode !== undefined && known.includes(systemCode);
const says =
  (pattern: RegExp) =>
  ({ message }: Said) =>
    pattern.test(message);
const both = (a: (said: Said) => boolean, b: (said: Said) => boolean) => (said: Said) => a(said) && b(said);

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const again = 'then start the run again';

const kinds: readonly Kind[] = [
  {
    code: 'SOURCE_PASSWORD_REFUSED',
    exit: 'credentialsRefused',
    when: (said) => states('28P01')(said) || says(/client password must be/)(said),
    what: 'does not accept user and password',
    remedy: 'Check postgres.username and postgres.password of the connection.',
  },
  {
    code: 'SOURCE_LOGIN_NOT_ALLOWED',
    exit: 'credentialsRefused',
    when: both(states('28'), says(/no encryption/)),
    what: 'takes this user with TLS only, or from elsewhere',
    remedy: 'Set postgres.sslmode=require, or let an administrator add a line to pg_hba.conf.',
  },
  {
    code: 'SOURCE_LOGIN_NOT_ALLOWED',
    exit: 'credentialsRefused',
    when: states('28'),
    what: 'does not let this user in',
    remedy: ({ user, database }) =>
      `As an administrator, check that the role ${quoted(user)} exists and may log in, and that pg_hba.conf has a line for it, the database ${quoted(database)} and the address of this host.`,
  },
  {
    code: 'SOURCE_PERMISSION_MISSING',
    exit: 'credentialsRefused',
    when: both(states('42501'), says(/database/)),
    what: 'lacks a permission for this user',
    remedy: ({ user, database }) =>
      `As an administrator: GRANT CONNECT ON DATABASE ${quoted(database)} TO ${quoted(user)};`,
  },
  {
    code: 'SOURCE_PERMISSION_MISSING',
    exit: 'credentialsRefused',
    when: states('42501'),
    what: 'lacks a permission for this user',
    remedy: ({ user }) => `As an administrator, GRANT to ${quoted(user)} what the message names.`,
  },
  {
    code: 'SOURCE_DATABASE_MISSING',
    exit: 'usage',
    when: states('3D000'),
    what: 'has no such database',
    remedy: 'Correct postgres.database of the connection.',
  },
  {
    code: 'SOURCE_CLOSED_FOR_CONNECTIONS',
    exit: 'sourceFailed',
    when: states('55000'),
    what: 'takes no connections for this database',
    remedy: ({ database }) =>
      `If that is not on purpose: ALTER DATABASE ${quoted(database)} ALLOW_CONNECTIONS true; ${again}.`,
  },
  {
    code: 'SOURCE_TOO_MANY_CONNECTIONS',
    exit: 'sourceFailed',
    when: states('53300'),
    what: 'has no connection left',
    remedy:
      'The agent needs one. Close idle sessions, raise max_connections or the CONNECTION LIMIT of role or database, or connect through a pooler.',
  },
  {
    code: 'SOURCE_LOCK_TABLE_FULL',
    exit: 'sourceFailed',
    when: both(states('53200'), says(/shared memory/)),
    what: 'has no room left in its table of locks',
    remedy:
      'The agent takes a few dozen at a time, so others hold the rest (SELECT pid, count(*) FROM pg_locks GROUP BY pid). Wait for them, or raise max_locks_per_transaction.',
  },
  {
    code: 'SOURCE_OUT_OF_MEMORY',
    exit: 'sourceFailed',
    when: states('53200'),
    what: 'is out of memory',
    remedy: 'Free memory on the server, or run at a quieter time.',
  },
  {
    code: 'SOURCE_OUT_OF_RESOURCES',
    exit: 'sourceFailed',
    when: states('53'),
    what: 'is short of a resource',
    remedy: `Free what the message names (disk, temp_file_limit), ${again}.`,
  },
  {
    code: 'SOURCE_LOCKED',
    exit: 'sourceFailed',
    when: states('55P03', '40P01'),
    what: 'has what is read locked by another session',
    remedy:
      "A migration or maintenance is going on (SELECT * FROM pg_locks WHERE mode = 'AccessExclusiveLock'). Run again when it is over.",
  },
  {
    code: 'SOURCE_TOO_SLOW',
    exit: 'sourceFailed',
    when: both(states('57014', '25P04'), says(/timeout/)),
    what: 'took longer than the time limit',
    remedy: 'The server is busy: run at a quieter time.',
  },
  {
    code: 'SOURCE_CANCELED',
    exit: 'sourceFailed',
    when: states('57014'),
    what: 'canceled the query, as somebody asked it to',
    remedy: 'Ask who canceled it (pg_cancel_backend), then start the run again.',
  },
  {
    code: 'SOURCE_IDLE_TOO_LONG',
    exit: 'sourceFailed',
    when: states('25P03', '57P05'),
    what: 'closed the connection because the agent was silent for too long',
    remedy: 'The host is busy or was suspended: give the run more CPU, then start it again.',
  },
  {
    code: 'SOURCE_STANDBY_CONFLICT',
    exit: 'sourceFailed',
    when: states('40001'),
    what: 'is a standby and had to give way to its primary',
    remedy: 'Start the run again, read the primary, or raise max_standby_streaming_delay.',
  },
  {
    code: 'SOURCE_STARTING',
    exit: 'sourceUnreachable',
    when: states('57P03'),
    what: 'is starting, recovering or shutting down',
    remedy: 'Wait until it accepts connections, then start the run again.',
  },
  {
    code: 'SOURCE_SHUT_DOWN',
    exit: 'sourceUnreachable',
    when: states('57P'),
    what: 'ended the connection',
    remedy: 'It was shut down, or an administrator ended the session: start the run again when it is up.',
  },
  {
    code: 'SOURCE_PROTOCOL',
    exit: 'sourceFailed',
    when: states('08P01'),
    what: 'does not speak as PostgreSQL does',
    remedy: 'Check that postgres.port is that of PostgreSQL or of its pooler, and what the pooler allows.',
  },
  {
    code: 'SOURCE_WITHOUT_TLS',
    exit: 'sourceUnreachable',
    when: says(/does not support SSL/),
    what: 'has no TLS',
    remedy: 'Enable TLS on the server, or set postgres.sslmode=prefer if the network is trusted.',
  },
  {
    code: 'SOURCE_CERTIFICATE_REFUSED',
    exit: 'sourceUnreachable',
    when: ({ systemCode = '' }) => /CERT|UNABLE_TO_VERIFY/.test(systemCode),
    what: 'shows a certificate that is not to be trusted',
    remedy:
      'verify-full needs a certificate of a public authority for this host name; require encrypts without checking it.',
  },
  {
    code: 'SOURCE_TLS_FAILED',
    exit: 'sourceUnreachable',
    when: ({ systemCode = '' }) => /SSL|TLS|EPROTO/.test(systemCode),
    what: 'and the agent find no common TLS',
    remedy: 'Let the server speak TLS 1.2 or later, or set postgres.sslmode=disable if the network is trusted.',
  },
  {
    code: 'SOURCE_NAME_UNKNOWN',
    exit: 'sourceUnreachable',
    when: system('ENOTFOUND', 'EAI_AGAIN'),
    what: 'is a name that cannot be resolved',
    remedy: 'Correct postgres.host of the connection, or the DNS of the host that runs the agent.',
  },
  {
    code: 'SOURCE_NO_ROUTE',
    exit: 'sourceUnreachable',
    when: (said) =>
      system('ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH')(said) || says(/timeout expired|connection timeout/)(said),
    what: 'does not answer',
    remedy: ({ host, port }) =>
      `Check that packets from the agent's host reach ${host}:${port}: firewall, security group, VPN.`,
  },
  {
    code: 'SOURCE_NOT_LISTENING',
    exit: 'sourceUnreachable',
    when: system('ECONNREFUSED'),
    what: 'takes no connections at that address',
    remedy: ({ host, port }) =>
      `Check that the database is up and that it listens at ${host}:${port} (listen_addresses, port).`,
  },
  {
    code: 'SOURCE_CONNECTION_LOST',
    exit: 'sourceUnreachable',
    when: (said) =>
      states('08')(said) || system('ECONNRESET', 'EPIPE')(said) || says(/terminated|not queryable|closed/)(said),
    what: 'lost the connection',
    remedy:
      "Look into the server's log at that time; a pooler or firewall between may have closed it. Then start the run again.",
  },
];

/** Tells the causes apart that need different action. What nobody foresaw is told with its SQLSTATE. */
export function adviceFor(said: Said, connection: PostgresConnection): Advice {
  const kind = kinds.find(({ when }) => when(said));
  const at = `PostgreSQL at ${connection.host}:${connection.port}`;
  const state = said.sqlState === undefined ? '' : `, SQLSTATE ${said.sqlState}`;
  if (kind === undefined) {
    return {
      code: 'SOURCE_ERROR',
      exit: said.sqlState === undefined ? 'sourceUnreachable' : 'sourceFailed',
      message: `${at} cannot be used: ${said.message}${state}.`,
      remedy: "Look into the server's log at that time; if that explains nothing, report it with the log of the run.",
    };
  }
  const { code, exit, what, remedy } = kind;
  return {
    code,
    exit,
    message: `${at} ${what} (user "${connection.user}", database "${connection.database}"): ${said.message}${state}.`,
    remedy: typeof remedy === 'string' ? remedy : remedy(connection),
  };
}
