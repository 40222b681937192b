import { randomUUID } from 'node:crypto';
import { HostId, hostLimits } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { ControlQueues } from './control-queues.ts';
import { Refusal } from './refusal.ts';

const mine = HostId.parse('etl-01');
const other = HostId.parse('etl-02');
const name = () => `temporal-sys/worker-commands/default/${randomUUID()}`;

test('a name of any other form is refused and not remembered', () => {
  const queues = new ControlQueues('default');
  const prefix = 'temporal-sys/worker-commands/default/';
  for (const queue of [
    prefix,
    `${prefix}x`,
    `${name()}x`,
    `${prefix}${'a'.repeat(4_000_000)}`,
    `x${name()}`,
    `${name()}\n`,
  ])
    expect(() => queues.claim(mine, queue)).toThrow(Refusal);
  expect(queues.size).toBe(0);
});

test('a host has so many names and no more, another host is not touched by that, and silence frees them', () => {
  let now = 0;
  const queues = new ControlQueues('default', () => now);
  const names = Array.from({ length: hostLimits.controlQueues }, name);
  for (const queue of names) queues.claim(mine, queue);
  expect(() => queues.claim(mine, name())).toThrow('control queues already');
  for (const queue of names) queues.claim(mine, queue);
  const its = name();
  queues.claim(other, its);
  expect(() => queues.claim(mine, its)).toThrow('belongs to another host');
  now = hostLimits.controlQueueMs;
  queues.claim(mine, name());
  expect(queues.size).toBe(1);
});
