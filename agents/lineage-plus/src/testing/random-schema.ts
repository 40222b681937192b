/** Few names and near types, so that names collide and merged columns are converted. */
export const randomSchemaSql = `
CREATE SCHEMA r;
CREATE TYPE r.pair AS (a int, b text);
CREATE DOMAIN r.small AS varchar(4);
CREATE TABLE r.one (a int, b text, c varchar(8), d numeric(10,2), s text[], p r.pair, j jsonb);
CREATE TABLE r.two (a bigint, b varchar(3), c varchar(8), d numeric(12,4), s text[], k int);
CREATE TABLE r.three (a smallint, b r.small, c char(5), d double precision, k int, m text);
CREATE TABLE r.four (b text, a int, "a b" int);
CREATE FUNCTION r.rows(int) RETURNS SETOF r.pair LANGUAGE sql AS 'SELECT NULL::r.pair';
CREATE FUNCTION r.pick(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE r.pick(text) (sfunc = textcat, stype = text);
`;

export type Kind = 'number' | 'text' | 'array' | 'pair' | 'json' | 'truth';

export interface Column {
  readonly name: string;
  readonly kind: Kind;
}

export interface Item {
  readonly alias: string;
  readonly columns: readonly Column[];
}

export interface Query {
  readonly sql: string;
  readonly columns: readonly Column[];
}

export const tables: Record<string, readonly Column[]> = {
  one: columnsOf('a number, b text, c text, d number, s array, p pair, j json'),
  two: columnsOf('a number, b text, c text, d number, s array, k number'),
  three: columnsOf('a number, b text, c text, d number, k number, m text'),
  four: columnsOf('b text, a number, a b number'),
};
export const names = ['a', 'b', 'c', 'd', 'k', 'one', 'two', 'x'];
export const pairColumns = columnsOf('a number, b text');

export function columnsOf(list: string): readonly Column[] {
  return list.split(', ').map((entry) => {
    const end = entry.lastIndexOf(' ');
    return { name: entry.slice(0, end), kind: entry.slice(end + 1) as Kind };
  });
}

export const constants: Record<Kind, string> = {
  number: '1',
  text: "'k'",
  array: "ARRAY['k']",
  pair: 'NULL::r.pair',
  json: "'{}'::jsonb",
  truth: 'true',
};

export function quoted(name: string): string {
  return /^[a-z]\w*$/.test(name) ? name : `"${name}"`;
}
