import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { ContainerEnd, containerNameOf, RunId } from '@bigeye/contracts';
import { z } from 'zod';
import { syncFolder } from './write-file.ts';

const at = z.iso.datetime();
const because = ContainerEnd.shape.stopped.unwrap().unwrap();

/** Written and fsynced before (`starting`, `stopping`, `settled`) or right after the step that it names. */
const JournalEntry = z.discriminatedUnion('step', [
  z.object({ step: z.literal('accepted'), at, runId: RunId }),
  z.object({ step: z.literal('starting'), at }),
  z.object({
    step: z.literal('started'),
    at,
    containerId: z.string(),
    startedAt: z.string(),
    bootId: z.string().optional(),
  }),
  z.object({ step: z.literal('stopping'), at, because, byOperator: z.literal(true).optional() }),
  z.object({ step: z.literal('stopped'), at }),
  z.object({ step: z.literal('exited'), at, end: ContainerEnd }),
  z.object({ step: z.literal('settled'), at }),
  z.object({ step: z.literal('reported'), at }),
]);
type JournalEntry = z.infer<typeof JournalEntry>;
type NewEntry = JournalEntry extends infer E ? (E extends JournalEntry ? Omit<E, 'at'> : never) : never;

/** What this host knows of a run, whatever happened to the orchestrator since. */
interface RunRecord {
  runId: RunId;
  acceptedAt: string | undefined;
  /** A start was attempted: from here on a container that is missing was removed by someone else. */
  starting: boolean;
  startedAt: string | undefined;
  /** Of the machine as it was then: another one now means that it was restarted. */
  bootId: string | undefined;
  stopping: 'canceled' | 'timed_out' | null;
  /** When that was written down. */
  stoppingSince: string | undefined;
  /** The engine said that it did what `stopping` says. */
  isStopped: boolean;
  /** It was stopped from this host, and not from the control plane. */
  byOperator: boolean;
  end: ContainerEnd | undefined;
  reported: boolean;
  /** Nobody waits for a start any more: if no container was started, none may be. */
  settled: boolean;
}

export interface Journal {
  /** Returns the time that was written. */
  append(runId: RunId, entry: NewEntry): string;
  read(runId: RunId): RunRecord;
  listRunIds(): RunId[];
  remove(runId: RunId): void;
}

/** One JSON Lines file a run below `folder`. */
export function createJournal(folder: string): Journal {
  mkdirSync(folder, { recursive: true });
  const fileOf = (runId: RunId) => path.join(folder, `${containerNameOf(runId)}.jsonl`);
  return {
    append: (runId, entry) => {
      const at = new Date().toISOString();
      appendDurably(fileOf(runId), { ...entry, at } as JournalEntry);
      return at;
    },
    read: (runId) => recordOf(runId, readEntries(fileOf(runId))),
    listRunIds: () =>
      readdirSync(folder).flatMap((name) => {
        const id = RunId.safeParse(name.replace(/^bigeye-run-(.+)\.jsonl$/, 'run_$1'));
        return id.success ? [id.data] : [];
      }),
    remove: (runId) => rmSync(fileOf(runId), { force: true }),
  };
}

function appendDurably(file: string, entry: JournalEntry): void {
  const isNew = !existsSync(file);
  // A line that a power cut left unfinished must not swallow this one.
  const prefix = !isNew && !readFileSync(file, 'utf8').endsWith('\n') ? '\n' : '';
  const handle = openSync(file, 'a', 0o600);
  try {
    writeSync(handle, `${prefix}${JSON.stringify(entry)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  if (isNew) syncFolder(path.dirname(file));
}

function readEntries(file: string): JournalEntry[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const entry = JournalEntry.safeParse(tryJson(line));
      return entry.success ? [entry.data] : [];
    });
}

function recordOf(runId: RunId, entries: JournalEntry[]): RunRecord {
  const record: RunRecord = {
    runId,
    acceptedAt: undefined,
    starting: false,
    startedAt: undefined,
    bootId: undefined,
    stopping: null,
    stoppingSince: undefined,
    isStopped: false,
    byOperator: false,
    end: undefined,
    reported: false,
    settled: false,
  };
  for (const entry of entries) {
    if (entry.step === 'accepted') record.acceptedAt ??= entry.at;
    if (entry.step === 'starting') record.starting = true;
    if (entry.step === 'started') {
      record.startedAt ??= entry.startedAt;
      record.bootId ??= entry.bootId;
    }
    if (entry.step === 'stopping' && record.stopping === null) {
      record.stopping = entry.because;
      record.stoppingSince = entry.at;
      record.byOperator = entry.byOperator === true;
    }
    if (entry.step === 'stopped') record.isStopped = true;
    if (entry.step === 'exited') record.end ??= entry.end;
    if (entry.step === 'reported') record.reported = true;
    if (entry.step === 'settled') record.settled = true;
  }
  return record;
}

function tryJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
