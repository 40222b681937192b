import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HostId, RunId } from '@bigeye/contracts';
import { hostHomeAt, runSlotsOf } from '@bigeye/host-kit';
import { expect, test } from 'vitest';
import { createSlotClaims } from './slot-claims.ts';

const hostId = HostId.parse('etl-01');
const run = (number: number) => RunId.parse(`run_${String(number).padStart(20, '0')}`);

function homeWith(count: number) {
  const home = hostHomeAt(mkdtempSync(path.join(tmpdir(), 'slots-')));
  const slots = runSlotsOf(home, hostId, count);
  for (const folder of [home.journal, ...slots.flatMap((slot) => [slot.in, slot.out])])
    mkdirSync(folder, { recursive: true });
  return { home, slots, claims: () => createSlotClaims(home, hostId) };
}

test('a run keeps its slot, two runs never share one, and a full host says so', () => {
  const { slots, claims } = homeWith(2);
  const [first, second] = [claims().claim(run(1)), claims().claim(run(2))];
  expect([first?.number, second?.number]).toEqual([1, 2]);
  expect(claims().claim(run(1))).toEqual(slots[0]);
  expect(claims().claim(run(3))).toBeUndefined();
  expect(claims().listRunIds()).toEqual([run(1), run(2)]);
});

test('a slot that is given back is empty, is still there, and goes to the next run', async () => {
  const { slots, claims } = homeWith(1);
  const slot = claims().claim(run(1)) as (typeof slots)[0];
  mkdirSync(path.join(slot.out, 'a/b'), { recursive: true });
  writeFileSync(path.join(slot.in, 'secret'), 'x');
  await claims().release(run(1));
  await claims().release(run(1));
  expect([...readdirSync(slot.in), ...readdirSync(slot.out)]).toEqual([]);
  expect(claims().claim(run(2))).toEqual(slot);
});

test('what an agent left to block its slot is removed all the same, and nothing outside of it', async () => {
  const { home, slots, claims } = homeWith(1);
  const slot = claims().claim(run(1)) as (typeof slots)[0];
  const outside = path.join(home.folder, 'outside');
  mkdirSync(outside);
  writeFileSync(path.join(outside, 'kept'), '');
  symlinkSync(outside, path.join(slot.out, 'link'));
  // Folders without rights, and a path longer than the system takes: 400 levels of 20 characters.
  const deep = `${'d'.repeat(20)}/`;
  const script = `cd "$1" && mkdir -p ro/x && touch ro/x/y && chmod 0 ro/x && chmod 500 ro &&
    for i in $(seq 400); do mkdir ${deep} && cd -P ${deep} || exit 1; done; touch end`;
  execFileSync('bash', ['-c', script, 'bash', slot.out]);
  await claims().release(run(1));
  expect(readdirSync(slot.out)).toEqual([]);
  expect(readdirSync(outside)).toEqual(['kept']);
  expect(existsSync(slot.claim)).toBe(false);
});

test('what nobody has claimed is emptied at the start, what is claimed is left', async () => {
  const { slots, claims } = homeWith(2);
  const [kept, stale] = slots as [(typeof slots)[0], (typeof slots)[0]];
  claims().claim(run(1));
  for (const slot of [kept, stale]) writeFileSync(path.join(slot.in, 'secret'), 'x');
  await claims().tidy();
  expect(readdirSync(kept.in)).toEqual(['secret']);
  expect(readdirSync(stale.in)).toEqual([]);
});
