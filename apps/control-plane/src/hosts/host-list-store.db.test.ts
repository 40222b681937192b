import { HostId, type HostState, type ManagedAgent } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createHostListStore, type HostQuery } from './host-list-store.ts';

const agents: ManagedAgent[] = [{ type: 'LINEAGE_PLUS', image: 'lineage', connections: [] }];
const idOf = (n: number) => HostId.parse(`etl-${String(n).padStart(4, '0')}`);

describeEachDatabase('lists of hosts', (open) => {
  /** 2,000 hosts: every tenth was never heard of, every tenth is silent, every tenth is revoked. */
  async function addHosts(count = 2000) {
    const now = Date.now();
    const rows = Array.from({ length: count }, (_, n) => ({
      id: idOf(n),
      registered_at: new Date(now),
      last_seen_at: n % 10 === 1 ? null : new Date(now - (n % 10 === 2 ? 60_000 : 1_000)),
      revoked_at: n % 10 === 3 ? new Date(now) : null,
      managed_agents: JSON.stringify(agents),
    }));
    await open().db.insertInto('hosts').values(rows).execute();
    return createHostListStore(open().db);
  }

  async function readAll(query: Partial<HostQuery> = {}) {
    const list = createHostListStore(open().db);
    const found = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await list.listHosts({ ...query, limit: 200, ...(cursor ? { cursor } : {}) });
      expect(page.items.length).toBeLessThanOrEqual(200);
      found.push(...page.items);
      cursor = page.nextCursor;
    }
    return found;
  }

  test('pages hold every host once, by id', async () => {
    await addHosts();
    expect((await readAll()).map(({ id }) => id)).toEqual(Array.from({ length: 2000 }, (_, n) => idOf(n)));
  });

  test('a filter by state or by a part of the id finds what the list itself says', async () => {
    await addHosts();
    const all = await readAll();
    for (const state of ['registered', 'online', 'offline', 'revoked'] satisfies HostState[]) {
      const found = await readAll({ state });
      expect(found).toEqual(all.filter((host) => host.state === state));
      expect(found.length).toBeGreaterThan(0);
    }
    expect(await readAll({ hostId: idOf(17) })).toEqual(all.filter(({ id }) => id === idOf(17)));
    expect(await readAll({ hostId: HostId.parse('none') })).toEqual([]);
    expect(await readAll({ revoked: false })).toEqual(all.filter(({ state }) => state !== 'revoked'));
    expect(await readAll({ search: 'TL-019' })).toEqual(all.filter(({ id }) => id.includes('tl-019')));
    // What LIKE would understand is text here.
    expect(await readAll({ search: '%' })).toEqual([]);
    expect(await readAll({ search: '_' })).toEqual([]);
  });

  test('a cursor of another list is refused', async () => {
    const list = await addHosts(3);
    await expect(list.listHosts({ limit: 1, cursor: 'a b c' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('the summary counts all and names a few that cannot run, those with waiting runs first', async () => {
    const list = await addHosts();
    const { db } = open();
    await db.updateTable('hosts').set({ engine_reachable: false }).where('id', '=', idOf(10)).execute();
    await db.updateTable('hosts').set({ managed_agents: '[]' }).where('id', '=', idOf(20)).execute();
    await db.updateTable('hosts').set({ disk_free_bytes: 1024 }).where('id', '=', idOf(30)).execute();
    const job = await insertJob(open());
    await db
      .insertInto('runs')
      .values({
        id: 'run_00000000000000000001' as never,
        job_id: job.id,
        host_id: idOf(1992),
        agent_type: 'LINEAGE_PLUS',
        parameters: '{}',
        settings: '{}',
        status: 'queued',
        requested_by: 'x',
        queued_at: new Date(),
      })
      .execute();
    // On purpose, and so neither able nor unable.
    const drained = { drained_at: new Date(), drained_by: 'ann', drain_note: 'update' };
    for (const n of [12, 14]) await db.updateTable('hosts').set(drained).where('id', '=', idOf(n)).execute();
    await db.updateTable('hosts').set(drained).where('id', '=', idOf(3)).execute();
    const summary = await list.summarizeHosts();
    const { states, unable, lowOnDisk } = summary;
    expect(summary.drained).toMatchObject({ count: 2, first: [{ id: idOf(12) }, { id: idOf(14) }] });
    // The job brought a host of its own that was never heard of.
    expect(states).toEqual({ registered: 201, online: 1400, offline: 200, revoked: 200 });
    expect(unable.count).toBe(201 + 200 + 2 - 1);
    expect(unable.first.map(({ id }) => id)).toEqual([idOf(1992), 'etl-0001', 'etl-0002']);
    expect(unable.first[0]).toMatchObject({ state: 'offline', queuedRuns: 1 });
    expect(lowOnDisk).toMatchObject({ count: 1, first: [{ id: idOf(30) }] });
    await db.updateTable('hosts').set({ disk_needed_bytes: 1025 }).where('id', '=', idOf(30)).execute();
    expect((await list.summarizeHosts()).unable.count).toBe(unable.count + 1);
  });

  test('hosts without an account key are counted, and a few named', async () => {
    const list = await addHosts(100);
    await open()
      .db.updateTable('hosts')
      .set({ account_keys: JSON.stringify(['aa', 'bb']) })
      .where('id', '<', idOf(50))
      .execute();
    expect(await list.findWithoutAccountKey('bb', 2)).toEqual({ count: 45, first: [idOf(50), idOf(51)] });
    expect(await list.findWithoutAccountKey('cc', 1)).toEqual({ count: 90, first: [idOf(0)] });
  });

  test('the host that was heard of last is found, but none that is revoked', async () => {
    const list = await addHosts(100);
    const heardOf = async (n: number, at: Date) =>
      await open().db.updateTable('hosts').set({ last_seen_at: at }).where('id', '=', idOf(n)).execute();
    await heardOf(3, new Date(Date.now() + 3000));
    await heardOf(7, new Date(Date.now() + 2000));
    await heardOf(8, new Date(Date.now() + 1000));
    expect((await list.findLatelyHeardOf())?.id).toBe(idOf(7));
    expect((await list.findLatelyHeardOf(idOf(7)))?.id).toBe(idOf(8));
  });
});
