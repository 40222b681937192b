import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { AppError } from '@bigeye/contracts';

/** A user namespace in which we are `nobody`: files keep their owner, and clients of the outside reach its sockets. */
const namespace = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--'];

/**
 * The command, run as somebody whom PostgreSQL accepts: it refuses root, and users without a name. Throws POSTGRES_USER_REFUSED
 * where this user is one of them and the machine allows no user namespaces.
 */
export function asOrdinaryUser(command: readonly string[]): readonly string[] {
  const reason = whyNotAccepted();
  if (reason === undefined) return command;
  const [program = '', ...args] = [...namespace, 'true'];
  const tried = spawnSync(program, args, { encoding: 'utf8' });
  if (tried.status === 0) return [...namespace, ...command];
  const said = tried.error?.message ?? tried.stderr.trim();
  throw new AppError('POSTGRES_USER_REFUSED', {
    reason: `${reason}, and no user namespace can be made here (${said})`,
  });
}

function whyNotAccepted(): string | undefined {
  if (process.getuid?.() === 0) return 'it does not run as root';
  try {
    userInfo();
    return undefined;
  } catch {
    return `the user ${process.getuid?.()} has no name in /etc/passwd`;
  }
}
