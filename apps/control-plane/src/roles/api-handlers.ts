import type { apiRoutes } from '@bigeye/contracts';
import { type AccessDeps, createAccessHandlers } from '../access/access-handlers.ts';
import { createSingleSignOnHandlers, type SingleSignOnDeps } from '../access/single-sign-on-handlers.ts';
import { createAuditHandlers } from '../audit/audit-handlers.ts';
import type { AuditStore } from '../audit/audit-store.ts';
import { createAccountKeyHandlers } from '../hosts/account-key-handlers.ts';
import { createHostHandlers } from '../hosts/host-handlers.ts';
import type { RegisterDeps } from '../hosts/register-host.ts';
import { createRegistrationHandlers, type RegistrationDeps } from '../hosts/registration-handlers.ts';
import type { Handlers } from '../http/handlers.ts';
import { createJobHandlers } from '../jobs/job-handlers.ts';
import { createLineageHandlers, type LineageDeps } from '../lineage/lineage-handlers.ts';
import { createStorageHandlers, type StorageDeps } from '../retention/storage-handlers.ts';
import { createRunHandlers, type RunDeps } from '../runs/run-handlers.ts';
import { createPayloadHandlers } from '../temporal/payload-handlers.ts';
import type { PayloadReader } from '../temporal/payload-reader.ts';

export interface ApiDeps
  extends RunDeps,
    RegisterDeps,
    RegistrationDeps,
    AccessDeps,
    SingleSignOnDeps,
    LineageDeps,
    StorageDeps {
  payloadReader: PayloadReader;
  auditStore: AuditStore;
}

/** The handlers of all nouns: one for each row of `apiRoutes`. */
export function createApiHandlers(deps: ApiDeps): Handlers<keyof typeof apiRoutes> {
  return {
    ...createAccessHandlers(deps),
    ...createSingleSignOnHandlers(deps),
    ...createAuditHandlers(deps),
    ...createAccountKeyHandlers(deps),
    ...createHostHandlers(deps),
    ...createRegistrationHandlers(deps),
    ...createJobHandlers(deps),
    ...createRunHandlers(deps),
    ...createLineageHandlers(deps),
    ...createStorageHandlers(deps),
    ...createPayloadHandlers(deps),
  };
}
