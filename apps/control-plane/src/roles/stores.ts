import { createApiKeyStore } from '../access/api-key-store.ts';
import { createSessionStore } from '../access/session-store.ts';
import { createSubjectStore } from '../access/subject-store.ts';
import { createUserStore } from '../access/user-store.ts';
import { createAuditStore } from '../audit/audit-store.ts';
import type { ChangeFeed } from '../db/change-feed.ts';
import { createLeaseStore } from '../db/lease-store.ts';
import type { Db } from '../db/tables.ts';
import { createHeartbeatStore } from '../hosts/heartbeat-store.ts';
import { createHostListStore } from '../hosts/host-list-store.ts';
import { createHostStore } from '../hosts/host-store.ts';
import { createRegistrationKeyStore } from '../hosts/registration-key-store.ts';
import { createJobStore } from '../jobs/job-store.ts';
import { createAccountKeyStore } from '../keys/account-key-store.ts';
import { createLineageNeighbourhoodStore } from '../lineage/lineage-neighbourhood-store.ts';
import { createLineagePartStore } from '../lineage/lineage-part-store.ts';
import { createLineageStore } from '../lineage/lineage-store.ts';
import { createObjectDeletionStore } from '../objects/object-deletion-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { createRetentionStore } from '../retention/retention-store.ts';
import { createArtifactStore } from '../runs/artifact-store.ts';
import { createLogSegmentStore } from '../runs/log-segment-store.ts';
import { createRunCountStore } from '../runs/run-count-store.ts';
import { createRunEventStore } from '../runs/run-event-store.ts';
import { createRunLogStore } from '../runs/run-log-store.ts';
import { createRunReportStore } from '../runs/run-report-store.ts';
import { createRunStore } from '../runs/run-store.ts';

/** The stores of all nouns on one database. Making one costs nothing, so each role has them all. */
export function createStores(db: Db, changes: ChangeFeed, objects: ObjectStore) {
  const lineageStore = createLineageStore(db);
  const runLogStore = createRunLogStore(db, objects);
  return {
    accountKeyStore: createAccountKeyStore(db),
    apiKeyStore: createApiKeyStore(db),
    artifactStore: createArtifactStore(db, changes, objects),
    auditStore: createAuditStore(db),
    deletionStore: createObjectDeletionStore(db),
    heartbeatStore: createHeartbeatStore(db),
    hostListStore: createHostListStore(db),
    hostStore: createHostStore(db, changes),
    jobStore: createJobStore(db),
    leaseStore: createLeaseStore(db),
    lineagePartStore: createLineagePartStore(db, lineageStore),
    lineageStore,
    neighbourhoodStore: createLineageNeighbourhoodStore(db),
    registrationKeyStore: createRegistrationKeyStore(db),
    retentionStore: createRetentionStore(db),
    runCountStore: createRunCountStore(db),
    runEventStore: createRunEventStore(db),
    runLogStore,
    runReportStore: createRunReportStore(db, changes, runLogStore),
    runStore: createRunStore(db),
    segmentStore: createLogSegmentStore(db, objects),
    sessionStore: createSessionStore(db),
    subjectStore: createSubjectStore(db),
    userStore: createUserStore(db),
  };
}
