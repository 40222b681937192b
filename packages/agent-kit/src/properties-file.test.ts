import { expect, test } from 'vitest';
import { AgentFailure } from './agent-failure.ts';
import { readNumberedProperties } from './numbered-properties.ts';
import { parseProperties } from './properties-file.ts';

test.each([
  ['a=b', { a: 'b' }],
  ['a = b c ', { a: 'b c ' }],
  ['a: b', { a: 'b' }],
  ['a b', { a: 'b' }],
  ['  a=b', { a: 'b' }],
  ['a=', { a: '' }],
  ['a', { a: '' }],
  ['# c\n! d\n\na=b\r\nc=d', { a: 'b', c: 'd' }],
  ['a=b=c:d', { a: 'b=c:d' }],
  ['a\\=b\\ c=d', { 'a=b c': 'd' }],
  ['a=one\\\n   two', { a: 'onetwo' }],
  ['a=back\\\\slash\\tq\\u00e9', { a: 'back\\slash\tqé' }],
  ['a=1\na=2', { a: '2' }],
])('reads %j as Java does', (text, expected) => {
  expect(Object.fromEntries(parseProperties(text))).toEqual(expected);
});

const options = { fileName: 'postgres.properties', knownNames: ['postgres.host', 'postgres.port'] };

test('numbered keys become one record per connection, in numeric order', () => {
  const text = 'postgres.host.10=c\npostgres.host.2=b\npostgres.port.2= 5433';
  expect([...readNumberedProperties(text, options)]).toEqual([
    [2, { 'postgres.host': 'b', 'postgres.port': '5433' }],
    [10, { 'postgres.host': 'c' }],
  ]);
});

test('spaces within a value are kept: they may belong to a password', () => {
  const read = readNumberedProperties('postgres.host.1=\\ a ', options);
  expect(read.get(1)).toEqual({ 'postgres.host': ' a ' });
});

test.each([
  ['postgres.hots.1=a', 'postgres.host.1'],
  ['postgres.prt.3=a', 'postgres.port.3'],
  ['postgres.host=a', 'postgres.host.N'],
])('the unknown key of %j is refused with a suggestion', (text, suggestion) => {
  const read = () => readNumberedProperties(text, options);
  expect(read).toThrow(AgentFailure);
  expect(read).toThrow(expect.objectContaining({ exitCode: 2, remedy: expect.stringContaining(`"${suggestion}"`) }));
});
