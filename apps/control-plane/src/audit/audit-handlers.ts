import { Readable } from 'node:stream';
import { createAuditChecker } from '@bigeye/service-kit';
import type { SomeHandlers } from '../http/handlers.ts';
import type { AuditStore } from './audit-store.ts';

/** Reading the audit log. Nothing here writes it. */
export function createAuditHandlers({ auditStore }: { auditStore: AuditStore }) {
  return {
    listAuditEntries: ({ query }) => auditStore.listEntries(query),
    verifyAuditLog: async () => {
      const checker = createAuditChecker();
      for await (const entry of auditStore.readEntries()) checker.add(entry);
      return checker.result();
    },
    exportAuditLog: async ({ reply }) => {
      reply.header('content-disposition', 'attachment; filename="audit.ndjson"');
      return Readable.from(lines(auditStore));
    },
  } satisfies SomeHandlers;
}

async function* lines(auditStore: AuditStore): AsyncGenerator<string> {
  for await (const entry of auditStore.readEntries()) yield `${JSON.stringify(entry)}\n`;
}
