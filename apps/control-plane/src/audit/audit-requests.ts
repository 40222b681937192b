import { isAudited } from '@bigeye/contracts';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Caller } from '../http/caller.ts';
import type { FinishedRequest, RequestNote, RequestWatch } from '../http/request-watch.ts';
import type { AuditLog } from './audit-log.ts';
import type { NewAuditEntry } from './audit-store.ts';

const longest = 256;
/** Of one caller and minute; who is refused more often is told by these already. */
const refusalsAMinute = 60;

/** Writes down what the routes table says is audited, and every refusal. `before` throws AUDIT_NOT_WRITTEN. */
export function watchForAudit(auditLog: AuditLog): RequestWatch {
  const refusals = new RateLimiterMemory({ points: refusalsAMinute, duration: 60 });
  return {
    before: async (route) => {
      if (isAudited(route)) await auditLog.requireWritable();
    },
    after: async (call) => {
      if (isAudited(call.route) && isWorthAnEntry(call)) await auditLog.record(entryOf(call));
    },
    refused: async (call) => {
      const entry = entryOf(call);
      const isCounted = await refusals.consume(`${entry.actorKind} ${entry.actorId}`).then(
        () => true,
        () => false,
      );
      if (isCounted) await auditLog.record(entry).catch(() => undefined);
    },
  };
}

/** Of those whom nobody knows only what was refused is kept: they must not fill the log. */
function isWorthAnEntry({ caller, note, status, errorCode }: FinishedRequest): boolean {
  if (errorCode === 'TOO_MANY_ATTEMPTS') return false;
  return (caller ?? note.caller) !== undefined || note.details.userId !== undefined || status === 401;
}

function entryOf({ name, route, request, note, body, answer, ...call }: FinishedRequest): NewAuditEntry {
  return {
    at: new Date().toISOString(),
    action: name,
    ...actorOf(note.caller ?? call.caller, note),
    address: plain(request.ip),
    status: call.status,
    errorCode: call.errorCode ?? null,
    details: {
      ...plainFields(request.params, Object.keys(route.params?.shape ?? {})),
      ...plainFields(body, route.audit || []),
      ...plainFields(createdIn(answer), ['id']),
      ...plainFields(note.details, Object.keys(note.details)),
    },
    requestId: request.id,
  };
}

function actorOf(caller: Caller | undefined, { claimedName = 'nobody' }: RequestNote) {
  switch (caller?.kind) {
    case 'user': {
      const { user, credential } = caller;
      return { actorKind: 'user', actorId: user.id, actorName: plain(user.email), credential } as const;
    }
    case 'agent':
      return {
        actorKind: 'agent',
        actorId: caller.keyId,
        actorName: plain(caller.keyName),
        credential: caller.keyId,
      } as const;
    case 'registration': {
      // Whoever holds the key is about to be that host; which key it was tells who let it in.
      const { id: credential, hostId } = caller.key;
      return { actorKind: 'host', actorId: hostId, actorName: hostId, credential } as const;
    }
    case 'host':
      return { actorKind: 'host', actorId: caller.hostId, actorName: caller.hostId, credential: null } as const;
    case undefined:
      return { actorKind: 'anonymous', actorId: null, actorName: plain(claimedName), credential: null } as const;
  }
}

/** A key's answer has its id one level down, beside the value that must not be kept. */
function createdIn(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'info' in answer ? answer.info : answer;
}

function plainFields(from: unknown, names: readonly string[]): Record<string, string> {
  const values = (typeof from === 'object' && from !== null ? from : {}) as Record<string, unknown>;
  const present = names.filter((name) => ['string', 'number', 'boolean'].includes(typeof values[name]));
  return Object.fromEntries(present.map((name) => [name, plain(String(values[name]))]));
}

/** What every database takes and every terminal shows: an entry that cannot be written would stop all changes. */
const plain = (text: string): string =>
  text
    .slice(0, longest)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\uFFFD');
