import { expect, test } from 'vitest';
import { beginning, boundsOf, panInto, resized, seenIn } from './viewport.ts';

const pane = { width: 1000, height: 600 };

test('what is in sight is left where it is', () => {
  const viewport = { x: 100, y: 100, zoom: 1 };
  expect(panInto(viewport, { x: 0, y: 0, width: 200, height: 200 }, pane)).toEqual(viewport);
});

test('what lies beyond the left edge comes in with a margin, at the same zoom', () => {
  expect(panInto({ x: 0, y: 100, zoom: 0.5 }, { x: -400, y: 0, width: 236, height: 100 }, pane)).toEqual({
    x: 232,
    y: 100,
    zoom: 0.5,
  });
});

test('what lies below comes up', () => {
  expect(panInto({ x: 100, y: 0, zoom: 1 }, { x: 0, y: 550, width: 200, height: 100 }, pane)).toEqual({
    x: 100,
    y: -82,
    zoom: 1,
  });
});

test('what is larger than the pane cannot be panned into it', () => {
  expect(panInto({ x: 0, y: 0, zoom: 1 }, { x: 0, y: 0, width: 300, height: 2000 }, pane)).toBeUndefined();
});

test('bounds hold all', () => {
  const rects = [
    { x: -10, y: 5, width: 20, height: 10 },
    { x: 40, y: 0, width: 10, height: 30 },
  ];
  expect(boundsOf(rects)).toEqual({ x: -10, y: 0, width: 60, height: 30 });
});

test('what fits at a readable size is shown whole at first, and the root alone where it does not', () => {
  const root = { x: 0, y: 0, width: 236, height: 44 };
  expect(beginning({ x: -400, y: -200, width: 1000, height: 500 }, root, pane).zoom).toBeGreaterThan(0.8);
  const large = beginning({ x: -4000, y: -9000, width: 8000, height: 18_000 }, root, pane);
  expect(large).toEqual({ x: 500 - 118 * 0.8, y: 300 - 22 * 0.8, zoom: 0.8 });
});

test('what is seen is the pane as the graph has it', () => {
  expect(seenIn({ x: -100, y: 50, zoom: 0.5 }, pane, 0)).toEqual({ x: 200, y: -100, width: 2000, height: 1200 });
});

test('what was seen whole is seen whole in a pane of another size', () => {
  const bounds = { x: 0, y: 0, width: 600, height: 200 };
  const narrow = { width: 500, height: 600 };
  const { x, zoom } = resized({ x: 200, y: 200, zoom: 1 }, bounds, pane, narrow);
  expect(zoom).toBeLessThan(1);
  expect(x).toBeGreaterThan(0);
  expect(x + 600 * zoom).toBeLessThan(500);
});

test('what was not seen whole keeps its middle and its size', () => {
  const bounds = { x: 0, y: 0, width: 5000, height: 200 };
  expect(resized({ x: -100, y: 0, zoom: 1 }, bounds, pane, { width: 600, height: 500 })).toEqual({
    x: -300,
    y: -50,
    zoom: 1,
  });
});
