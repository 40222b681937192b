import { createLogger } from '@bigeye/service-kit';
import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import { describeEachDatabase } from '../testing/each-database.ts';
import { lead } from './lead.ts';
import { createLeaseStore } from './lease-store.ts';

const log = createLogger('test', 'fatal');
const until = { timeout: 30_000 };

describeEachDatabase('leading', (open) => {
  test('one of many does the work, and another goes on when it ends', async () => {
    const leaseStore = createLeaseStore(open().db);
    const working = new Set<number>();
    const start = (id: number) =>
      lead({ leaseStore, name: 'work', log }, async (signal) => {
        working.add(id);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        working.delete(id);
      });
    const all = [start(0), start(1), start(2)];
    await vi.waitFor(() => expect(working.size).toBe(1), until);
    const [first = 0] = working;
    await all[first]?.[Symbol.asyncDispose]();
    expect(working.has(first)).toBe(false);
    await vi.waitFor(() => expect(working.size).toBe(1), until);
    await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
    expect(working.size).toBe(0);
  });

  test('work that failed is taken up again', async () => {
    let started = 0;
    await using _leader = lead({ leaseStore: createLeaseStore(open().db), name: 'f', log }, async () => {
      started++;
      throw new Error('of the test');
    });
    await vi.waitFor(() => expect(started).toBeGreaterThan(1), until);
  });

  test("a lease is its holder's until its time is over by the clock of the database", async () => {
    const { db } = open();
    const leaseStore = createLeaseStore(db);
    expect(await leaseStore.take('x', 'one', 60_000)).toBe(true);
    expect(await leaseStore.take('x', 'one', 60_000)).toBe(true);
    expect(await leaseStore.take('x', 'other', 60_000)).toBe(false);
    expect(await leaseStore.take('y', 'other', 60_000)).toBe(true);
    await sql`update leases set until = now() - interval '1 second' where name = 'x'`.execute(db);
    expect(await leaseStore.take('x', 'other', 60_000)).toBe(true);
    expect(await leaseStore.take('x', 'one', 60_000)).toBe(false);
    await leaseStore.release('x', 'one');
    expect(await leaseStore.take('x', 'one', 60_000)).toBe(false);
    await leaseStore.release('x', 'other');
    expect(await leaseStore.take('x', 'one', 60_000)).toBe(true);
  });

  test('work whose lease somebody else has is told so, and is taken up again when it can be', async () => {
    const { db } = open();
    const leaseStore = createLeaseStore(db);
    const starts: AbortSignal[] = [];
    await using _leader = lead({ leaseStore, name: 'z', log }, async (signal) => {
      starts.push(signal);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    });
    await vi.waitFor(() => expect(starts).toHaveLength(1), until);
    await sql`update leases set holder = 'somebody', until = now() + interval '12 seconds' where name = 'z'`.execute(
      db,
    );
    await vi.waitFor(() => expect(starts[0]?.aborted).toBe(true), until);
    await vi.waitFor(() => expect(starts).toHaveLength(2), until);
    expect(starts[1]?.aborted).toBe(false);
  }, 60_000);
});
