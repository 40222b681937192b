import { expect, test } from 'vitest';
import { fitColumns } from './fit-columns.ts';

const columns = [
  { name: 'name', width: 200 },
  { name: 'version', width: 100, leftOut: 2 },
  { name: 'state', width: 200 },
  { name: 'disk', width: 100, leftOut: 1 },
];
const namesAt = (width: number) => fitColumns(columns, width)?.map(({ name }) => name);

test('what fits stays, in its order', () => {
  expect(namesAt(600)).toEqual(['name', 'version', 'state', 'disk']);
});

test('the least needed is left out first, and what a row cannot do without never', () => {
  expect(namesAt(599)).toEqual(['name', 'state', 'disk']);
  expect(namesAt(499)).toEqual(['name', 'state']);
});

test('where even that has no place there is no table', () => {
  expect(fitColumns([{ width: 300 }, { width: 300 }], 599)).toBeUndefined();
  expect(namesAt(479)).toBeUndefined();
});
