import { z } from 'zod';
import { AuditActorKind, AuditEntry, AuditVerification } from '../audit.ts';
import { Instant, storableText } from '../scalars.ts';
import { atLeast, page, pageQuery, route } from './route.ts';

/** The audit log. */
export const auditRoutes = {
  listAuditEntries: route({
    method: 'GET',
    path: '/api/v1/audit',
    tag: 'Audit',
    summary: 'Entries of the audit log, newest first',
    access: atLeast('admin'),
    query: z.object({
      ...pageQuery,
      actor: storableText(256).optional().describe('A part of the name of who did it.'),
      actorKind: AuditActorKind.optional(),
      action: storableText(64).optional().describe('Name of a route, for example createUser.'),
      refused: z.stringbool().optional().describe('Only what was refused or failed (true), or only what was done.'),
      from: Instant.optional(),
      to: Instant.optional(),
    }),
    response: page(AuditEntry),
    errors: ['INVALID_INPUT'],
  }),
  verifyAuditLog: route({
    method: 'GET',
    path: '/api/v1/audit/verification',
    tag: 'Audit',
    summary: 'Recompute the chain of hashes over the whole audit log',
    access: atLeast('admin'),
    response: AuditVerification,
    errors: ['AUDIT_SHORTENED'],
  }),
  exportAuditLog: route({
    method: 'GET',
    path: '/api/v1/audit/export',
    tag: 'Audit',
    summary: 'The whole audit log, oldest first, one JSON object a line',
    access: atLeast('admin'),
    response: z.string(),
    contentType: 'application/x-ndjson',
    errors: [],
  }),
};
