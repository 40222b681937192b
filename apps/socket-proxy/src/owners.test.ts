import { expect, test } from 'vitest';
import type { Daemon } from './daemon.ts';
import { Owners } from './owners.ts';

const id = (number: number) => number.toString(16).padStart(64, '0');

function daemonWith(found: object) {
  const asked: string[] = [];
  const ask = async ({ target }: { target: string }) => {
    asked.push(target);
    return { status: 200, body: Buffer.from(JSON.stringify(found)) };
  };
  return { daemon: { ask } as unknown as Daemon, asked };
}

test('ten thousand ids are remembered; with one more, the memory begins anew', async () => {
  const { daemon, asked } = daemonWith({ Id: id(1), Config: { Labels: { 'com.bigeye.proxy.owner': 'me' } } });
  const owners = new Owners(daemon, 'me');
  for (let number = 1; number <= 10_000; number += 1) owners.add(id(number));
  await owners.resolve(id(1));
  expect(asked).toEqual([]);
  owners.add(id(10_001));
  await owners.resolve(id(1));
  expect(asked).toHaveLength(1);
});

test.each([
  ['whose id is a prefix', { Id: id(1).slice(1), Name: '/bigeye-run-a' }],
  ['of another name', { Id: id(1), Name: '/bigeye-run-ab' }],
  ['without a configuration', { Id: id(1), Name: '/bigeye-run-a', Config: undefined }],
  ['without a label', { Id: id(1), Name: '/bigeye-run-a', Config: {} }],
  ['of another owner', { Id: id(1), Name: '/bigeye-run-a', Config: { Labels: { 'com.bigeye.proxy.owner': 'you' } } }],
])('a container %s is not ours', async (_, found) => {
  const labelled = { Config: { Labels: { 'com.bigeye.proxy.owner': 'me' } }, ...found };
  const owners = new Owners(daemonWith(labelled).daemon, 'me');
  await expect(owners.resolve('bigeye-run-a')).rejects.toMatchObject({ rule: 'owner.foreign' });
});

test.each([
  ['ends in what looks like one', 200, `zz${id(1)}`],
  ['begins with what looks like one', 200, `${id(1)}zz`],
  ['comes with an error', 500, id(1)],
])('a container by name whose id %s is not ours', async (_, status, Id) => {
  const body = Buffer.from(
    JSON.stringify({ Id, Name: '/bigeye-run-a', Config: { Labels: { 'com.bigeye.proxy.owner': 'me' } } }),
  );
  const owners = new Owners({ ask: async () => ({ status, body }) } as unknown as Daemon, 'me');
  await expect(owners.resolve('bigeye-run-a')).rejects.toMatchObject({ rule: 'owner.foreign' });
});
