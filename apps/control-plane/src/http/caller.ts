import {
  type Access,
  type ApiKeyId,
  AppError,
  type HostId,
  isAtLeast,
  type RegistrationKeyInfo,
  type RegistrationKeyState,
  type SessionId,
  type User,
} from '@bigeye/contracts';

/** Who a verified client certificate belongs to, and which certificate it was. */
export interface ProvenHost {
  hostId: HostId;
  /** SHA-256 of the certificate, hex. */
  fingerprint: string;
  certificateRenewalDue: boolean;
}

/** A registration key that somebody holds. What is no longer open opens nothing, but is known for what it was. */
export type FoundRegistrationKey = Pick<RegistrationKeyInfo, 'id' | 'hostId' | 'replaces' | 'state' | 'expiresAt'>;

/** Who sent a request, as proven by a key, a session or a certificate. */
export type Caller =
  | { kind: 'user'; user: User; credential: ApiKeyId | SessionId }
  | { kind: 'agent'; keyId: ApiKeyId; keyName: string }
  /** Of any state: that somebody comes with one that was used already is worth knowing. */
  | { kind: 'registration'; key: FoundRegistrationKey }
  | ({ kind: 'host' } & ProvenHost);

/** Throws UNAUTHENTICATED, FORBIDDEN or REGISTRATION_KEY_REFUSED unless the caller may use a route with this access. */
export function requireAccess(access: Access, caller: Caller | undefined): void {
  switch (access.kind) {
    case 'public':
      return;
    case 'certificate':
      if (caller?.kind !== 'host') throw new AppError('UNAUTHENTICATED', {});
      return;
    case 'agentKey':
      if (caller?.kind !== 'agent') throw new AppError('UNAUTHENTICATED', {});
      return;
    case 'registrationKey':
      requireOpen(requireRegistrationKey(caller));
      return;
    case 'role':
      requireRole(access, caller);
  }
}

function requireRole({ role, agentKey }: Access & { kind: 'role' }, caller: Caller | undefined): void {
  if (!caller || caller.kind === 'host') throw new AppError('UNAUTHENTICATED', {});
  if (caller.kind === 'agent') {
    if (!agentKey) throw new AppError('FORBIDDEN', { role: 'an agent key', needed: role });
    return;
  }
  if (caller.kind === 'registration') {
    requireOpen(caller.key);
    throw new AppError('FORBIDDEN', { role: 'a registration key', needed: role });
  }
  if (!isAtLeast(caller.user.role, role)) throw new AppError('FORBIDDEN', { role: caller.user.role, needed: role });
}

/** For handlers of routes that only users reach. */
export function requireUser(caller: Caller | undefined): User {
  if (caller?.kind !== 'user') throw new AppError('UNAUTHENTICATED', {});
  return caller.user;
}

/** For handlers of routes that only a registration key opens. */
export function requireRegistrationKey(caller: Caller | undefined): FoundRegistrationKey {
  if (caller?.kind !== 'registration') throw new AppError('UNAUTHENTICATED', {});
  return caller.key;
}

/** For handlers of the host listener. */
export const requireHost = (caller: Caller | undefined): HostId => requireProvenHost(caller).hostId;

export function requireProvenHost(caller: Caller | undefined): ProvenHost {
  if (caller?.kind !== 'host') throw new AppError('UNAUTHENTICATED', {});
  return caller;
}

/** As it stands in `createdBy`, `requestedBy` and the log. */
export function nameOfCaller(caller: Caller | undefined): string {
  if (caller?.kind === 'user') return caller.user.email;
  if (caller?.kind === 'registration') return `host ${caller.key.hostId}`;
  return caller?.kind === 'host' ? `host ${caller.hostId}` : 'an agent key';
}

/** Throws REGISTRATION_KEY_REFUSED with what became of the key. */
export function requireOpen({ state }: Pick<FoundRegistrationKey, 'state'>): void {
  if (state !== 'open') throw new AppError('REGISTRATION_KEY_REFUSED', { reason: reasons[state] });
}

const reasons: Record<Exclude<RegistrationKeyState, 'open'>, string> = {
  used: 'it was used already, and is good for one registration',
  expired: 'it is older than an hour',
  void: 'who made it is no admin any more',
};
