import { expect, test } from 'vitest';
import type { LayoutInput, Positions } from './layout.ts';
import { createLayoutEngine } from './layout-engine.ts';

/** Stands for the browser's worker: answers when it is told to. */
function createWorkers() {
  const workers: { asked: LayoutInput[]; answer(positions: Positions): void; fail(): void; isClosed: boolean }[] = [];
  const start = () => {
    const worker = {
      asked: [] as LayoutInput[],
      isClosed: false,
      onmessage: (_: { data: Positions }) => {},
      onerror: (_: { message: string }) => {},
      postMessage: (input: LayoutInput) => worker.asked.push(input),
      terminate: () => {
        worker.isClosed = true;
      },
      answer: (data: Positions) => worker.onmessage({ data }),
      fail: () => worker.onerror({ message: '' }),
    };
    workers.push(worker);
    return worker as unknown as Worker;
  };
  return { workers, start };
}
const input = (id: number): LayoutInput => ({ nodes: [{ id, width: 1, height: 1 }], edges: [] });
const positions = (id: number): Positions => new Map([[id, { x: 0, y: 0 }]]);

test('of the layouts that wait only the newest is made', async () => {
  const { workers, start } = createWorkers();
  const engine = createLayoutEngine(start);
  const [first, second, third] = [engine.layOut(input(1)), engine.layOut(input(2)), engine.layOut(input(3))];
  expect(await second).toBeUndefined();
  workers[0]?.answer(positions(1));
  expect(await first).toEqual(positions(1));
  workers[0]?.answer(positions(3));
  expect(await third).toEqual(positions(3));
  expect(workers[0]?.asked).toEqual([input(1), input(3)]);
});

test('a worker that does not start is said, and the next layout gets a new one', async () => {
  const { workers, start } = createWorkers();
  const engine = createLayoutEngine(start);
  const failed = engine.layOut(input(1));
  workers[0]?.fail();
  await expect(failed).rejects.toThrow('The layout failed');
  const next = engine.layOut(input(2));
  workers[1]?.answer(positions(2));
  expect(await next).toEqual(positions(2));
  engine.close();
  expect(workers.map(({ isClosed }) => isClosed)).toEqual([true, true]);
});
