import { expect, test } from 'vitest';
import { findColumn, isInDatabase, parseColumnPath, pathOf } from './column-path.ts';
import type { Column, Relation } from './resolver/catalog.ts';

function relation(schema: string, name: string, ...columnNames: string[]): Relation {
  const columns: Column[] = [];
  const made: Relation = { schema, name, kind: 'table', columns };
  for (const column of columnNames)
    columns.push({ relation: made, name: column, type: 'int', ordinal: columns.length });
  return made;
}
const relations = [
  relation('public', 'orders', 'total', 'a.b', 'Mixed', 'mixed'),
  relation('public', 'odd.name', 'c', 'say "hi"'),
  relation('public.odd', 'name', 'c'),
  relation('sales', 'Orders', 'total'),
];
const find = (text: string) => pathOf(findColumn(parseColumnPath(text), 'shop', relations));

test.each([
  ['shop.public.orders.total', 'public.orders.total'],
  ['SHOP.Public.ORDERS.Total', 'public.orders.total'],
  ['shop.public.orders."a.b"', 'public.orders."a.b"'],
  ['"shop"."public"."odd.name"."c"', 'public."odd.name".c'],
  ['shop."public.odd".name.c', '"public.odd".name.c'],
  ['shop.public."odd.name"."say ""hi"""', 'public."odd.name"."say ""hi"""'],
  ['shop.sales.Orders.total', 'sales."Orders".total'],
  ['shop.public.orders.Mixed', 'public.orders."Mixed"'],
  ['shop.public.orders.MIXED', 'public.orders.mixed'],
  // Without quotes, where only one column can be meant.
  ['shop.public.orders.a.b', 'public.orders."a.b"'],
])('%s is %s', (text, expected) => {
  expect(find(text)).toBe(expected);
});

test.each([
  ['shop.public.odd.name.c', 'several', /shop\.public\."odd\.name"\.c, shop\."public\.odd"\.name\.c/],
  ['shop.public.orders.nope', 'no column', /shop\.public\.orders\.total, shop\.public\.orders\."a\.b"/],
  ['shop.crm.orders.total', 'no column', /shop\.public\.orders\.total/],
  ['shop.public."Orders".total', 'no column', /shop\.sales\."Orders"\.total/],
  ['shop.nothing', 'no column', /in double quotes/],
  ['shop.public."orders.total', 'not the name', /in double quotes/],
  ['shop..orders.total', 'not the name', /in double quotes/],
  ['shop.public.orders.', 'not the name', /in double quotes/],
  ['shop.public."orders"x.total', 'not the name', /in double quotes/],
])('%s is exit code 2, and the remedy has what can be meant', (text, message, remedy) => {
  expect(() => find(text)).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringContaining(message),
      remedy: expect.stringMatching(remedy),
    }),
  );
});

test('a database with a dot in its name is found quoted and as it stands', () => {
  expect(isInDatabase(parseColumnPath('"a.b".s.t.c'), 'a.b')).toBe(true);
  expect(isInDatabase(parseColumnPath('a.b.s.t.c'), 'a.b')).toBe(true);
  expect(isInDatabase(parseColumnPath('"A".s.t.c'), 'a')).toBe(false);
});
