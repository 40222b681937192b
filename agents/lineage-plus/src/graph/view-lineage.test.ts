import { beforeAll, expect, test } from 'vitest';
import { Catalog, type Column, type Relation } from '../resolver/catalog.ts';
import { loadParser } from '../sql/parse-query.ts';
import { TypeCatalog } from '../types/type-catalog.ts';
import { SourceNames } from './source-names.ts';
import { viewEdges } from './sync-edges.ts';
import { resolveView } from './view-lineage.ts';

function relation(kind: Relation['kind'], name: string, ...columnNames: string[]): Relation {
  const columns: Column[] = [];
  const made: Relation = { schema: 's', name, kind, columns };
  for (const column of columnNames)
    columns.push({ relation: made, name: column, type: 'integer', ordinal: columns.length + 1 });
  return made;
}

const t = relation('table', 't', 'a', 'b', 'c');
const v = relation('view', 'v', 'x', 'y');
const catalog = new Catalog([t, v], [], TypeCatalog.empty);
const names = new SourceNames({ host: 'db', port: 5432, database: 'd' });

beforeAll(loadParser);

test('values go to columns, joins and filters to the view, and the view hangs on its tables', () => {
  const edges = viewEdges(resolveView(v, 'SELECT t.a, t.a + t.b FROM s.t WHERE t.c > 1', catalog), names);
  expect(
    edges.map(({ upstreamExternalId, downstreamExternalId, transformations = [] }) =>
      [
        upstreamExternalId,
        downstreamExternalId,
        ...transformations.map(({ type, subtype }) => `${type} ${subtype}`),
      ].join(' '),
    ),
  ).toEqual([
    'postgres://db:5432/d.s.t postgres://db:5432/d.s.v',
    'postgres://db:5432/d.s.t#c postgres://db:5432/d.s.v INDIRECT FILTER',
    'postgres://db:5432/d.s.t#a postgres://db:5432/d.s.v#x DIRECT IDENTITY',
    'postgres://db:5432/d.s.t#a postgres://db:5432/d.s.v#y DIRECT TRANSFORMATION',
    'postgres://db:5432/d.s.t#b postgres://db:5432/d.s.v#y DIRECT TRANSFORMATION',
  ]);
});

test.each([
  [undefined, ['the view was dropped while the run read it']],
  ['SELECT FROM WHERE', ['parse: syntax error at or near "WHERE"']],
  ['SELECT a FROM s.t', ['its query gives 1 columns, the view has 2']],
  [
    "SELECT 'ü', a,\n  b FROM s.gone",
    [
      'line 2, column 10: FROM: the table "s.gone" is not in the catalog',
      'line 1, column 13: column "a": the table "s.gone" is not in the catalog',
      'line 2, column 3: column "b": the table "s.gone" is not in the catalog',
    ],
  ],
])('%s is not understood, says where and why, and has no column edge', (sql, issues) => {
  const lineage = resolveView(v, sql, catalog);
  expect(lineage.issues).toEqual(issues);
  expect(viewEdges(lineage, names).filter(({ downstreamExternalId }) => downstreamExternalId.includes('#'))).toEqual(
    [],
  );
});

test('a column that is not understood does not take the others with it', () => {
  const lineage = resolveView(v, 'SELECT t.a, t.nope FROM s.t', catalog);
  expect(lineage.issues).toEqual(['line 1, column 13: column "nope": "t" has no column "nope"']);
  expect(viewEdges(lineage, names).map(({ downstreamExternalId }) => downstreamExternalId)).toEqual([
    'postgres://db:5432/d.s.v',
    'postgres://db:5432/d.s.v#x',
  ]);
});

test('names that hold our separators never make two objects one', () => {
  const dotted = { ...t, schema: 'a.b', name: 'c' };
  const plain = { ...t, schema: 'a', name: 'b.c' };
  expect(names.relationId(dotted)).toBe('postgres://db:5432/d.a%2Eb.c');
  expect(names.relationId(plain)).toBe('postgres://db:5432/d.a.b%2Ec');
});
