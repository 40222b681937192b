import { z } from 'zod';

const count = z.number().int();
const bytes = z.number().int().describe('Bytes.');
const kept = z.number().int().nullable().describe('Days after the end of the run; null: for ever.');

/** What the control plane keeps, how much room that takes, and when it goes. */
export const StorageReport = z.object({
  databaseBytes: bytes,
  tables: z.array(z.object({ name: z.string(), bytes })).describe('The largest, with their indexes.'),
  objectStore: z.string().describe('Where logs and artifacts lie.'),
  runs: z.object({ count, oldestAt: z.iso.datetime().nullable(), keptDays: kept }),
  /** `bytes`: of text. `storedBytes`: of that in the object store, compressed; the newest of each log is in the database. */
  logs: z.object({ count, bytes, storedBytes: bytes, keptDays: kept }),
  artifacts: z.object({ count, bytes, storedBytes: bytes, keptDays: kept }),
  audit: z.object({
    count,
    oldestAt: z.iso.datetime().nullable(),
    keptDays: z.number().int().nullable().describe('Null: for ever.'),
  }),
  /** Of those who are kept for some days only; null before the first time. */
  lastCleaning: z
    .object({
      at: z.iso.datetime(),
      runs: count,
      logs: count,
      artifacts: count,
      audit: count,
      objects: count,
      events: count,
    })
    .nullable(),
});
export type StorageReport = z.infer<typeof StorageReport>;
