/** Whom the orchestrator and the run containers run as, so that all three can read and remove a run's files. */
export interface StackUser {
  uid: number;
  gid: number;
}

/** Used where the operator is root: no container of the stack runs as root. */
export const unprivilegedUser: StackUser = { uid: 10001, gid: 10001 };

/** The operator's own ids, or `unprivilegedUser` for root. */
export function stackUser(operator: StackUser = currentUser()): StackUser {
  if (operator.uid === 0) return unprivilegedUser;
  // The guard refuses group 0, and a member of it is an ordinary user otherwise.
  return operator.gid === 0 ? { uid: operator.uid, gid: unprivilegedUser.gid } : operator;
}

function currentUser(): StackUser {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}
