import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../db/database.ts';
import { createFolderObjects } from '../objects/folder-objects.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { createArtifactStore } from '../runs/artifact-store.ts';
import { createLogSegmentStore } from '../runs/log-segment-store.ts';
import { createRunEventStore } from '../runs/run-event-store.ts';
import { createRunLogStore } from '../runs/run-log-store.ts';
import { createRunReportStore } from '../runs/run-report-store.ts';
import { createRunStore } from '../runs/run-store.ts';

/** All that is stored of runs, with objects in a folder of its own (which goes with the test run's folder) or in `objects`. */
export function openRunStores(
  { db, changes }: Pick<Database, 'db' | 'changes'>,
  objects: ObjectStore = createFolderObjects(mkdtempSync(join(tmpdir(), 'objects-'))),
) {
  const logs = createRunLogStore(db, objects);
  return {
    objects,
    logs,
    runs: createRunStore(db),
    events: createRunEventStore(db),
    reports: createRunReportStore(db, changes, logs),
    artifacts: createArtifactStore(db, changes, objects),
    segments: createLogSegmentStore(db, objects),
  };
}
