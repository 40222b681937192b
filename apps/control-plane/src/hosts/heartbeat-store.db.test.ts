import { HeartbeatRequest, RunId } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createHeartbeatStore } from './heartbeat-store.ts';
import { createHostStore } from './host-store.ts';

const run = RunId.parse('run_00000000000000000001');
const ann = { by: 'ann@example.com', note: 'kernel update' };

describeEachDatabase('what hosts say of themselves', (open) => {
  /** `beat`: what the orchestrator says besides; without it, it is of the version before draining. */
  async function startHost() {
    const { hostId } = await insertJob(open());
    const hosts = createHostStore(open().db, open().changes);
    const heartbeats = createHeartbeatStore(open().db);
    const beat = (said: Pick<HeartbeatRequest, 'slots' | 'drainedSince'> = {}) =>
      heartbeats.recordHeartbeat(
        hostId,
        HeartbeatRequest.parse({ orchestratorVersion: '1', engineReachable: true, diskFreeBytes: 1, ...said }),
      );
    const find = async () => await hosts.getHost(hostId);
    return { hostId, hosts, beat, find };
  }

  test('a host is drained by its own word: when it knows of it, and nothing holds a slot', async () => {
    const { hostId, hosts, beat, find } = await startHost();
    const slots = (...heldBy: RunId[]) => ({ count: 4, heldBy });
    expect((await find()).drain).toBeNull();
    await hosts.drainHost(hostId, ann);
    expect((await find()).drain).toMatchObject({ ...ann, state: 'asked' });
    const { drain } = await beat({ slots: slots(run), drainedSince: null });
    expect(drain).toEqual({ ...ann, since: expect.any(String) });
    expect((await find()).drain?.state).toBe('asked');
    await beat({ slots: slots(run), drainedSince: drain?.since });
    expect(await find()).toMatchObject({ drain: { state: 'draining' }, slots: { count: 4, taken: 1 } });
    await beat({ slots: slots(), drainedSince: drain?.since });
    expect(await find()).toMatchObject({ drain: { state: 'drained' }, slots: { count: 4, taken: 0 } });
    await hosts.drainHost(hostId, { by: 'ben@example.com', note: 'disk swapped' });
    expect((await find()).drain).toMatchObject({ note: 'disk swapped', since: drain?.since, state: 'drained' });
    await hosts.resumeHost(hostId);
    expect((await find()).drain).toBeNull();
    expect((await beat({ slots: slots(), drainedSince: drain?.since })).drain).toBeNull();
  });

  test('what was said of a drain before does not count for the next one', async () => {
    const { hostId, hosts, beat, find } = await startHost();
    await hosts.drainHost(hostId, ann);
    const { drain } = await beat();
    await beat({ slots: { count: 4, heldBy: [] }, drainedSince: drain?.since });
    await hosts.resumeHost(hostId);
    await hosts.drainHost(hostId, ann);
    expect((await find()).drain?.state).toBe('asked');
  });

  test('an orchestrator of a version that does not know of draining is never said to be drained', async () => {
    const { hostId, hosts, beat, find } = await startHost();
    await hosts.drainHost(hostId, ann);
    const { drain } = await beat();
    expect(await find()).toMatchObject({ drain: { state: 'asked' }, slots: null });
    await beat({ slots: { count: 4, heldBy: [] }, drainedSince: drain?.since });
    expect((await find()).drain?.state).toBe('drained');
    // It was exchanged for the one before.
    await beat();
    expect(await find()).toMatchObject({ drain: { state: 'asked' }, slots: null });
  });

  test('a revoked host is not drained, and one that is not there neither', async () => {
    const { hostId, hosts } = await startHost();
    await hosts.revokeHost(hostId);
    await expect(hosts.drainHost(hostId, ann)).rejects.toMatchObject({ code: 'HOST_REVOKED' });
    await expect(hosts.drainHost('etl-99' as typeof hostId, ann)).rejects.toMatchObject({ code: 'HOST_NOT_FOUND' });
  });
});
