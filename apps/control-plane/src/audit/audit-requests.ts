import { type ErrorCode, isAudited, type Route } from '@bigeye/contracts';
import type { FastifyRequest } from 'fastify';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Caller } from '../http/caller.ts';
import { toAppError } from '../http/to-app-error.ts';
import type { AuditLog } from './audit-log.ts';
import type { NewAuditEntry } from './audit-store.ts';

/** What a handler tells the audit log beside what the table says already. */
export interface AuditNote {
  /** Who it turned out to be, where the request itself did not say. */
  caller?: Caller;
  /** Who somebody says to be without proof. */
  claimedName?: string;
  details: Record<string, string>;
}

/** What there is to say of a request that is over. */
export interface AuditedRequest {
  name: string;
  route: Route;
  request: FastifyRequest;
  caller: Caller | undefined;
  note: AuditNote;
  /** As the schema parsed it; undefined where it was not valid. */
  body: unknown;
  status: number;
  errorCode?: ErrorCode;
  answer?: unknown;
}

const longest = 256;
/** Of one caller and minute; who is refused more often is told by these already. */
const refusalsAMinute = 60;

export interface Auditor {
  /** Throws AUDIT_NOT_WRITTEN. */
  before(route: Route): Promise<void>;
  after(call: AuditedRequest): Promise<void>;
  /** A caller without the role. The answer stays a refusal whether or not it can be written down. */
  refused(call: AuditedRequest): Promise<void>;
}

export function createAuditor(auditLog: AuditLog): Auditor {
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
function isWorthAnEntry({ caller, note, status, errorCode }: AuditedRequest): boolean {
  if (errorCode === 'TOO_MANY_ATTEMPTS') return false;
  return (caller ?? note.caller) !== undefined || note.details.userId !== undefined || status === 401;
}

function entryOf({ name, route, request, note, body, answer, ...call }: AuditedRequest): NewAuditEntry {
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

function actorOf(caller: Caller | undefined, { claimedName = 'nobody' }: AuditNote) {
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

/** The result of a request that threw. */
export function resultOf(error: unknown): { status: number; errorCode: ErrorCode } {
  const { httpStatus: status, code: errorCode } = toAppError(error);
  return { status, errorCode };
}
