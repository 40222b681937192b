import { appendFileSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RunId } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { createJournal } from './journal.ts';

const runId = RunId.parse('run_00000000000000000001');
const end = {
  exitCode: 3,
  outOfMemory: false,
  stopped: 'canceled' as const,
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
};
const newFolder = () => mkdtempSync(path.join(tmpdir(), 'journal-'));

test('what was written is known to the next process, the first of each kind counting', () => {
  const folder = newFolder();
  const journal = createJournal(folder);
  journal.append(runId, { step: 'accepted', runId });
  journal.append(runId, { step: 'stopping', because: 'canceled' });
  journal.append(runId, { step: 'stopping', because: 'timed_out' });
  journal.append(runId, { step: 'exited', end });
  journal.append(runId, { step: 'exited', end: { ...end, exitCode: 99 } });
  const record = createJournal(folder).read(runId);
  expect(record).toMatchObject({ stopping: 'canceled', starting: false, end, reported: false });
  expect(createJournal(folder).listRunIds()).toEqual([runId]);
});

test('a line that a power cut left unfinished is passed over and swallows nothing', () => {
  const folder = newFolder();
  const journal = createJournal(folder);
  journal.append(runId, { step: 'accepted', runId });
  appendFileSync(path.join(folder, readdirSync(folder)[0] ?? ''), '{"step":"exi');
  journal.append(runId, { step: 'starting' });
  expect(journal.read(runId)).toMatchObject({ starting: true, end: undefined });
});

test('a run that was never here has an empty record, and removing it is fine', () => {
  const journal = createJournal(newFolder());
  journal.remove(runId);
  expect(journal.read(runId)).toMatchObject({ acceptedAt: undefined, starting: false, reported: false });
});
