import { beforeAll, describe, expect, test } from 'vitest';
import { loadParser, parseQuery } from '../sql/parse-query.ts';
import { fewTypes } from '../testing/few-types.ts';
import { Catalog, type Column, type Relation } from './catalog.ts';
import type { Flow } from './flow.ts';
import { resolveQuery } from './resolve-query.ts';

const tables: Record<string, Record<string, string>> = {
  'public.t': { a: 'integer', b: 'integer', c: 'text', d: 'integer' },
  'public.u': { a: 'integer', x: 'text', y: 'integer' },
  'public.w': { a: 'bigint', z: 'integer' },
  'public.v8': { code: 'character varying(8)', n: 'numeric(10,2)', id: 'integer' },
  'public.v12': { code: 'character varying(12)', n: 'numeric(12,4)', id: 'integer' },
  'public.docs': { id: 'integer', tags: 'text[]', body: 'jsonb', t: 'text' },
  'other.t': { a: 'integer', q: 'text' },
  'other.only_here': { k: 'integer' },
  'public.Mixed Case': { 'A b': 'integer', a: 'integer', A: 'integer' },
};

function relation(name: string, types: Record<string, string>): Relation {
  const [schema = '', table = ''] = name.split('.');
  const columns: Column[] = [];
  const made: Relation = { schema, name: table, kind: 'table', columns };
  for (const [column, type] of Object.entries(types)) {
    columns.push({ relation: made, name: column, type, ordinal: columns.length + 1 });
  }
  return made;
}

const searchPath = ['pg_catalog', 'public', 'other'];
const catalog = new Catalog(
  Object.entries(tables).map(([name, types]) => relation(name, types)),
  searchPath,
  fewTypes(searchPath),
);

/** `column: 'table.column WAY+WAY, …'` for each output column, and `*` for what bears on rows. */
function lineageOf(sql: string): Record<string, string> {
  const { columns, rows, issues } = resolveQuery(parseQuery(sql), catalog);
  return {
    ...Object.fromEntries(columns.map(({ name, flow }) => [name, text(flow)])),
    ...(text(rows) === '' ? {} : { '*': text(rows) }),
    ...(issues.length === 0 ? {} : { issues: issues.map(({ part, reason }) => `${part}: ${reason}`).join('; ') }),
  };
}

function text(flow: Flow): string {
  return [...flow.entries()]
    .map(
      ([
        {
          relation: { schema, name: table },
          name,
        },
        ways,
      ]) => {
        const qualified = schema === 'public' ? `${table}.${name}` : `${schema}.${table}.${name}`;
        return `${qualified} ${ways.join('+')}`;
      },
    )
    .sort()
    .join(', ');
}

beforeAll(loadParser);

type Case = [sql: string, expected: Record<string, string>];

const cases: Record<string, Case[]> = {
  'columns, expressions and casts': [
    ['SELECT a FROM t', { a: 't.a IDENTITY' }],
    ['SELECT a AS z, t.b FROM t', { z: 't.a IDENTITY', b: 't.b IDENTITY' }],
    ['SELECT a + b AS s FROM t', { s: 't.a TRANSFORMATION, t.b TRANSFORMATION' }],
    ['SELECT a::text FROM t', { a: 't.a TRANSFORMATION' }],
    ["SELECT lower(c) || 'x' FROM t", { '?column?': 't.c TRANSFORMATION' }],
    ["SELECT 1 AS one, now(), 'x' AS x", { one: '', now: '', x: '' }],
    ['SELECT coalesce(a, b, 0) FROM t', { coalesce: 't.a TRANSFORMATION, t.b TRANSFORMATION' }],
    [
      'SELECT ARRAY[a, b] AS l, (a, b) AS r FROM t',
      { l: 't.a TRANSFORMATION, t.b TRANSFORMATION', r: 't.a TRANSFORMATION, t.b TRANSFORMATION' },
    ],
    ['SELECT tags[1] FROM docs', { tags: 'docs.tags TRANSFORMATION' }],
    ["SELECT body ->> 'k' AS k FROM docs", { k: 'docs.body TRANSFORMATION' }],
    [
      'SELECT CASE WHEN a > 1 THEN b ELSE d END AS e FROM t',
      { e: 't.a CONDITIONAL, t.b TRANSFORMATION, t.d TRANSFORMATION' },
    ],
    ['SELECT CASE a WHEN b THEN a END AS e FROM t', { e: 't.a TRANSFORMATION+CONDITIONAL, t.b CONDITIONAL' }],
    [
      'SELECT a IS NULL AS n, NOT (b = 1 OR d = 2) AS m FROM t',
      { n: 't.a TRANSFORMATION', m: 't.b TRANSFORMATION, t.d TRANSFORMATION' },
    ],
    ['SELECT c COLLATE "C" AS c FROM t', { c: 't.c TRANSFORMATION' }],
  ],
  'names of output columns': [
    [
      'SELECT upper(c), a::text, CASE WHEN true THEN a END FROM t',
      { upper: 't.c TRANSFORMATION', a: 't.a TRANSFORMATION', case: 't.a TRANSFORMATION' },
    ],
    ["SELECT '1'::int, exists(SELECT 1), (SELECT max(y) FROM u)", { int4: '', exists: '', max: 'u.y AGGREGATION' }],
  ],
  stars: [
    ['SELECT * FROM u', { a: 'u.a IDENTITY', x: 'u.x IDENTITY', y: 'u.y IDENTITY' }],
    ['SELECT w.*, u.x FROM u, w', { a: 'w.a IDENTITY', z: 'w.z IDENTITY', x: 'u.x IDENTITY' }],
    ['SELECT * FROM (SELECT a, b + 1 AS n FROM t) q', { a: 't.a IDENTITY', n: 't.b TRANSFORMATION' }],
    ['SELECT q.* FROM (SELECT * FROM w) q', { a: 'w.a IDENTITY', z: 'w.z IDENTITY' }],
    ['SELECT count(*) FROM t', { count: '' }],
  ],
  'whole rows and fields': [
    ['SELECT w FROM w', { w: 'w.a TRANSFORMATION, w.z TRANSFORMATION' }],
    ['SELECT to_jsonb(w.*) AS j FROM w', { j: 'w.a TRANSFORMATION, w.z TRANSFORMATION' }],
    ['SELECT count(w) FROM w', { count: 'w.a AGGREGATION, w.z AGGREGATION' }],
    ['SELECT (w).z, (w.*).a FROM w', { z: 'w.z IDENTITY', a: 'w.a IDENTITY' }],
    ['SELECT (w).* FROM w', { a: 'w.a IDENTITY', z: 'w.z IDENTITY' }],
    // docs has a column t: the column wins over a table of the same name.
    ['SELECT t FROM docs', { t: 'docs.t IDENTITY' }],
  ],
  'filters, groups and order': [
    ['SELECT a FROM t WHERE b > 1', { a: 't.a IDENTITY', '*': 't.b FILTER' }],
    ['SELECT a FROM t WHERE a > 1', { a: 't.a IDENTITY', '*': 't.a FILTER' }],
    ['SELECT c, sum(a) FROM t GROUP BY c', { c: 't.c IDENTITY', sum: 't.a AGGREGATION', '*': 't.c GROUP_BY' }],
    [
      'SELECT c AS k, count(a) AS n FROM t GROUP BY 1 ORDER BY 2',
      { k: 't.c IDENTITY', n: 't.a AGGREGATION', '*': 't.a SORT, t.c GROUP_BY' },
    ],
    ['SELECT c FROM t GROUP BY c HAVING max(a) > 1', { c: 't.c IDENTITY', '*': 't.a FILTER, t.c GROUP_BY' }],
    [
      'SELECT c, b FROM t GROUP BY ROLLUP (c, b)',
      { c: 't.c IDENTITY', b: 't.b IDENTITY', '*': 't.b GROUP_BY, t.c GROUP_BY' },
    ],
    ['SELECT DISTINCT ON (b) a FROM t ORDER BY b, d', { a: 't.a IDENTITY', '*': 't.b GROUP_BY+SORT, t.d SORT' }],
    // ORDER BY reads a bare name as an output column first, GROUP BY as an input column first.
    ['SELECT b AS a FROM t ORDER BY a', { a: 't.b IDENTITY', '*': 't.b SORT' }],
    ['SELECT b AS a FROM t ORDER BY a + 0', { a: 't.b IDENTITY', '*': 't.a SORT' }],
    ['SELECT max(b) AS a FROM t GROUP BY a', { a: 't.b AGGREGATION', '*': 't.a GROUP_BY' }],
    ['SELECT b + 1 AS n FROM t GROUP BY n', { n: 't.b TRANSFORMATION', '*': 't.b GROUP_BY' }],
    ['SELECT a FROM t LIMIT (SELECT max(y) FROM u)', { a: 't.a IDENTITY', '*': 'u.y FILTER' }],
  ],
  'aggregates and windows': [
    ['SELECT sum(a + b) AS s FROM t', { s: 't.a AGGREGATION, t.b AGGREGATION' }],
    ['SELECT sum(a) + 1 AS s FROM t', { s: 't.a AGGREGATION' }],
    ["SELECT string_agg(c, ',' ORDER BY a) AS s FROM t", { s: 't.a SORT, t.c AGGREGATION' }],
    ['SELECT sum(a) FILTER (WHERE b > 1) AS s FROM t', { s: 't.a AGGREGATION, t.b FILTER' }],
    ['SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) AS p FROM t', { p: 't.a AGGREGATION' }],
    ['SELECT row_number() OVER (PARTITION BY a ORDER BY b) AS n FROM t', { n: 't.a WINDOW, t.b WINDOW' }],
    [
      'SELECT lag(a) OVER w AS p FROM t WINDOW w AS (PARTITION BY c ORDER BY b)',
      { p: 't.a TRANSFORMATION, t.b WINDOW, t.c WINDOW' },
    ],
    [
      'SELECT sum(a) OVER (w ORDER BY b) AS s FROM t WINDOW w AS (PARTITION BY c)',
      { s: 't.a AGGREGATION, t.b WINDOW, t.c WINDOW' },
    ],
  ],
  joins: [
    ['SELECT t.b, u.x FROM t JOIN u ON t.a = u.a', { b: 't.b IDENTITY', x: 'u.x IDENTITY', '*': 't.a JOIN, u.a JOIN' }],
    ['SELECT a, x FROM t JOIN u USING (a)', { a: 't.a IDENTITY', x: 'u.x IDENTITY', '*': 't.a JOIN, u.a JOIN' }],
    ['SELECT a FROM t RIGHT JOIN u USING (a)', { a: 'u.a IDENTITY', '*': 't.a JOIN, u.a JOIN' }],
    [
      'SELECT a FROM t FULL JOIN u USING (a)',
      { a: 't.a TRANSFORMATION, u.a TRANSFORMATION', '*': 't.a JOIN, u.a JOIN' },
    ],
    // integer meets bigint: the column that needs no conversion is the result.
    ['SELECT a FROM t JOIN w USING (a)', { a: 'w.a IDENTITY', '*': 't.a JOIN, w.a JOIN' }],
    ['SELECT a FROM t LEFT JOIN w USING (a)', { a: 't.a TRANSFORMATION', '*': 't.a JOIN, w.a JOIN' }],
    [
      'SELECT * FROM u NATURAL JOIN w',
      { a: 'w.a IDENTITY', x: 'u.x IDENTITY', y: 'u.y IDENTITY', z: 'w.z IDENTITY', '*': 'u.a JOIN, w.a JOIN' },
    ],
    [
      'SELECT t.a, u.a AS b FROM t JOIN u USING (a)',
      { a: 't.a IDENTITY', b: 'u.a IDENTITY', '*': 't.a JOIN, u.a JOIN' },
    ],
    [
      'SELECT j.k, j.x FROM (t JOIN u USING (a)) AS j (k)',
      { k: 't.a IDENTITY', x: 'u.x IDENTITY', '*': 't.a JOIN, u.a JOIN' },
    ],
    ['SELECT m.a FROM t JOIN u USING (a) AS m', { a: 't.a IDENTITY', '*': 't.a JOIN, u.a JOIN' }],
    ['SELECT l.a, r.b FROM t l CROSS JOIN t r', { a: 't.a IDENTITY', b: 't.b IDENTITY' }],
    [
      'SELECT x FROM t LEFT JOIN (u JOIN w ON u.y = w.z) ON t.b = w.a',
      { x: 'u.x IDENTITY', '*': 't.b JOIN, u.y JOIN, w.a JOIN, w.z JOIN' },
    ],
  ],
  'subqueries and scopes': [
    [
      'SELECT q.n FROM (SELECT a AS n, b FROM t WHERE d > 1) q WHERE q.b = 2',
      { n: 't.a IDENTITY', '*': 't.b FILTER, t.d FILTER' },
    ],
    ['SELECT (SELECT x FROM u WHERE u.a = t.a) AS v FROM t', { v: 't.a FILTER, u.a FILTER, u.x TRANSFORMATION' }],
    [
      'SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.y = t.b)',
      { a: 't.a IDENTITY', '*': 't.b FILTER, u.y FILTER' },
    ],
    ['SELECT a FROM t WHERE b IN (SELECT y FROM u)', { a: 't.a IDENTITY', '*': 't.b FILTER, u.y FILTER' }],
    ['SELECT ARRAY(SELECT x FROM u ORDER BY y) AS l', { l: 'u.x TRANSFORMATION, u.y SORT' }],
    // The inner t hides the outer one; y comes from the outer u.
    [
      'SELECT (SELECT max(t.q) FROM other.t WHERE t.a = u.y) AS m FROM u',
      { m: 'other.t.a FILTER, other.t.q AGGREGATION, u.y FILTER' },
    ],
    // An unqualified name is the inner table's if it has it.
    ['SELECT (SELECT max(a) FROM w) AS m FROM t', { m: 'w.a AGGREGATION' }],
    ['SELECT (SELECT max(b) FROM w) AS m FROM t', { m: 't.b AGGREGATION' }],
    ['SELECT y AS t FROM u AS t', { t: 'u.y IDENTITY' }],
    ['SELECT u.a FROM t AS u, u AS t WHERE t.x IS NULL', { a: 't.a IDENTITY', '*': 'u.x FILTER' }],
    ['SELECT s.one, s.b FROM t AS s (one)', { one: 't.a IDENTITY', b: 't.b IDENTITY' }],
  ],
  lateral: [
    [
      'SELECT l.s FROM t, LATERAL (SELECT sum(y) AS s FROM u WHERE u.a = t.a) l',
      { s: 'u.y AGGREGATION', '*': 't.a FILTER, u.a FILTER' },
    ],
    [
      'SELECT l2.n FROM t, LATERAL (SELECT t.a + 1 AS m) l1, LATERAL (SELECT l1.m * t.b AS n) l2',
      { n: 't.a TRANSFORMATION, t.b TRANSFORMATION' },
    ],
    ['SELECT v.k FROM t CROSS JOIN LATERAL (VALUES (t.a), (t.b)) v (k)', { k: 't.a IDENTITY, t.b IDENTITY' }],
    [
      'SELECT id, tag, n FROM docs, unnest(tags) WITH ORDINALITY AS x (tag, n)',
      { id: 'docs.id IDENTITY', tag: 'docs.tags TRANSFORMATION', n: '', '*': 'docs.tags JOIN' },
    ],
    ['SELECT g FROM t, generate_series(1, t.b) g', { g: 't.b TRANSFORMATION', '*': 't.b JOIN' }],
    [
      'SELECT p, q FROM docs, unnest(tags, ARRAY[id]) AS x (p, q)',
      { p: 'docs.tags TRANSFORMATION', q: 'docs.id TRANSFORMATION', '*': 'docs.id JOIN, docs.tags JOIN' },
    ],
    [
      'SELECT r.k FROM docs, jsonb_to_recordset(body) AS r (k text, v int)',
      { k: 'docs.body TRANSFORMATION', '*': 'docs.body JOIN' },
    ],
    [
      "SELECT j.k FROM docs, JSON_TABLE(body, '$[*]' COLUMNS (n FOR ORDINALITY, k text PATH '$.k')) j",
      { k: 'docs.body TRANSFORMATION', '*': 'docs.body JOIN' },
    ],
  ],
  CTEs: [
    ['WITH q AS (SELECT a AS n FROM t WHERE b = 1) SELECT n FROM q', { n: 't.a IDENTITY', '*': 't.b FILTER' }],
    ['WITH q (m) AS (SELECT a FROM t) SELECT m FROM q', { m: 't.a IDENTITY' }],
    // A CTE hides the table of its name, but not inside itself, and not behind a schema.
    ['WITH t AS (SELECT y AS a FROM u) SELECT a FROM t', { a: 'u.y IDENTITY' }],
    ['WITH t AS (SELECT b AS a FROM t) SELECT a FROM t', { a: 't.b IDENTITY' }],
    ['WITH t AS (SELECT y AS a FROM u) SELECT a FROM public.t', { a: 't.a IDENTITY' }],
    [
      'WITH q AS (SELECT a FROM t), r AS (SELECT a FROM q) SELECT (WITH q AS (SELECT z AS a FROM w) SELECT max(q.a) FROM q) AS m, r.a FROM r',
      { m: 'w.z AGGREGATION', a: 't.a IDENTITY' },
    ],
    ['SELECT q.a FROM (WITH q AS (SELECT z AS a FROM w) SELECT a FROM q) q', { a: 'w.z IDENTITY' }],
    [
      'WITH RECURSIVE r (n, p) AS (SELECT a, c FROM t UNION ALL SELECT u.y, r.p || u.x FROM r JOIN u ON u.a = r.n) SELECT n, p FROM r',
      {
        n: 't.a IDENTITY, u.y IDENTITY',
        p: 't.c IDENTITY+TRANSFORMATION, u.x TRANSFORMATION',
        '*': 't.a JOIN, u.a JOIN, u.y JOIN',
      },
    ],
    // Columns that change places in every round.
    [
      'WITH RECURSIVE r (m, n) AS (SELECT a, b FROM t UNION SELECT n, m FROM r) SELECT m FROM r',
      { m: 't.a IDENTITY, t.b IDENTITY' },
    ],
    [
      'WITH RECURSIVE later AS (SELECT k FROM sooner), sooner AS (SELECT y AS k FROM u) SELECT k FROM later',
      { k: 'u.y IDENTITY' },
    ],
  ],
  'set operations': [
    [
      'SELECT a, c FROM t UNION ALL SELECT y, x FROM u',
      { a: 't.a IDENTITY, u.y IDENTITY', c: 't.c IDENTITY, u.x IDENTITY' },
    ],
    ['SELECT a FROM t UNION SELECT b + 1 FROM t', { a: 't.a IDENTITY, t.b TRANSFORMATION' }],
    ['SELECT a FROM t EXCEPT SELECT y FROM u', { a: 't.a IDENTITY', '*': 'u.y FILTER' }],
    ['SELECT a FROM t INTERSECT SELECT y FROM u', { a: 't.a IDENTITY, u.y IDENTITY' }],
    [
      '(SELECT a FROM t UNION (SELECT y FROM u EXCEPT SELECT z FROM w)) UNION SELECT b FROM t',
      { a: 't.a IDENTITY, t.b IDENTITY, u.y IDENTITY', '*': 'w.z FILTER' },
    ],
    [
      'SELECT a AS k FROM t UNION ALL SELECT y FROM u ORDER BY k',
      { k: 't.a IDENTITY, u.y IDENTITY', '*': 't.a SORT, u.y SORT' },
    ],
    ['VALUES (1, 2)', { column1: '', column2: '' }],
  ],
  'schemas and identifiers': [
    ['SELECT a, q FROM other.t', { a: 'other.t.a IDENTITY', q: 'other.t.q IDENTITY' }],
    ['SELECT k FROM only_here', { k: 'other.only_here.k IDENTITY' }],
    ['SELECT t.a FROM t', { a: 't.a IDENTITY' }],
    ['SELECT public.t.a, other.t.q FROM public.t, other.t', { a: 't.a IDENTITY', q: 'other.t.q IDENTITY' }],
    [
      'SELECT "A b", A, "A" AS upper FROM "Mixed Case"',
      { 'A b': 'Mixed Case.A b IDENTITY', a: 'Mixed Case.a IDENTITY', upper: 'Mixed Case.A IDENTITY' },
    ],
    ['SELECT T.A AS "X" FROM T', { X: 't.a IDENTITY' }],
  ],
  'merged columns follow the types': [
    // Equal types, one side computed: the left one.
    ['SELECT a FROM t JOIN (SELECT a + 0 AS a FROM u) q USING (a)', { a: 't.a IDENTITY', '*': 't.a JOIN, u.a JOIN' }],
    [
      'SELECT a FROM (SELECT a + 0 AS a FROM u) q JOIN t USING (a)',
      { a: 'u.a TRANSFORMATION', '*': 't.a JOIN, u.a JOIN' },
    ],
    [
      'SELECT c FROM (SELECT lower(c) AS c FROM t) q NATURAL JOIN (SELECT x AS c FROM u) r',
      { c: 't.c TRANSFORMATION', '*': 't.c JOIN, u.x JOIN' },
    ],
    // Equal types of another length: both are converted, so the left one, and as a new value.
    [
      'SELECT code FROM v8 JOIN v12 USING (code)',
      { code: 'v8.code TRANSFORMATION', '*': 'v12.code JOIN, v8.code JOIN' },
    ],
    [
      'SELECT code FROM v8 JOIN (SELECT lower(code)::varchar(12) AS code FROM v12) q USING (code)',
      { code: 'v8.code TRANSFORMATION', '*': 'v12.code JOIN, v8.code JOIN' },
    ],
    ['SELECT n FROM v12 LEFT JOIN v8 USING (n)', { n: 'v12.n TRANSFORMATION', '*': 'v12.n JOIN, v8.n JOIN' }],
    ['SELECT n FROM v12 RIGHT JOIN (SELECT n FROM v12) q USING (n)', { n: 'v12.n IDENTITY', '*': 'v12.n JOIN' }],
    [
      'SELECT code::varchar(8) AS same, code::varchar(9) AS other FROM v8',
      { same: 'v8.code IDENTITY', other: 'v8.code TRANSFORMATION' },
    ],
    [
      'SELECT a, x FROM t JOIN (SELECT unheard_of(a) AS a, x FROM u) q USING (a)',
      {
        a: '',
        x: 'u.x IDENTITY',
        '*': 't.a JOIN, u.a JOIN',
        issues: 'column "a": the type of the join column "a" is not known',
      },
    ],
  ],
  'functions in FROM decide on rows': [
    ['SELECT id FROM docs, unnest(tags) x (y)', { id: 'docs.id IDENTITY', '*': 'docs.tags JOIN' }],
    ['SELECT t.a FROM t, generate_series(1, t.b)', { a: 't.a IDENTITY', '*': 't.b JOIN' }],
    [
      'SELECT id FROM docs, ROWS FROM (unnest(tags), generate_series(1, id)) x',
      { id: 'docs.id IDENTITY', '*': 'docs.id JOIN, docs.tags JOIN' },
    ],
    [
      "SELECT id FROM docs, XMLTABLE('/r' PASSING body COLUMNS k text PATH 'k' DEFAULT t) x",
      { id: 'docs.id IDENTITY', '*': 'docs.body JOIN' },
    ],
    [
      "SELECT id FROM docs, JSON_TABLE(body, '$[*]' COLUMNS (k text PATH '$.k')) j",
      { id: 'docs.id IDENTITY', '*': 'docs.body JOIN' },
    ],
    [
      'SELECT id FROM docs LEFT JOIN LATERAL (SELECT 1 FROM unnest(tags)) l ON true',
      { id: 'docs.id IDENTITY', '*': 'docs.tags JOIN' },
    ],
    // Always one row.
    ['SELECT t.a FROM t, lower(t.c) l', { a: 't.a IDENTITY' }],
    // In a select list, too.
    [
      'SELECT q.id FROM (SELECT id, unnest(tags) AS tag FROM docs) q',
      { id: 'docs.id IDENTITY', '*': 'docs.tags JOIN' },
    ],
  ],
  'a function and an aggregate of one name': [
    ['SELECT middle(a) AS f FROM t', { f: 't.a TRANSFORMATION' }],
    ['SELECT middle(c) AS g FROM t', { g: 't.c AGGREGATION' }],
    ['SELECT middle(a + 1) AS f, middle(lower(c)) AS g FROM t', { f: 't.a TRANSFORMATION', g: 't.c AGGREGATION' }],
    [
      'SELECT a, middle(unheard_of(c)) AS h FROM t',
      { a: 't.a IDENTITY', h: '', issues: 'column "h": whether "middle" is an aggregate cannot be told' },
    ],
  ],
  'names at places that are easy to mistake': [
    // ON sees the two sides of its join, not what stands before in the same FROM.
    ['SELECT (SELECT count(*) FROM u x, t b JOIN w c ON x.b = c.a) AS n FROM t x', { n: 't.b JOIN, w.a JOIN' }],
    [
      'SELECT c, b FROM t GROUP BY GROUPING SETS ((1), (b))',
      { c: 't.c IDENTITY', b: 't.b IDENTITY', '*': 't.b GROUP_BY, t.c GROUP_BY' },
    ],
    [
      'SELECT c AS z FROM t GROUP BY ROLLUP (z, (d, b))',
      { z: 't.c IDENTITY', '*': 't.b GROUP_BY, t.c GROUP_BY, t.d GROUP_BY' },
    ],
    ['SELECT a(w), (w).z, z(w.*) AS zz FROM w', { a: 'w.a IDENTITY', z: 'w.z IDENTITY', zz: 'w.z IDENTITY' }],
    [
      'WITH RECURSIVE o (v) AS ((WITH RECURSIVE i (v) AS (SELECT a FROM t UNION SELECT y FROM u, i WHERE v = x) SELECT v FROM i) UNION SELECT w.z FROM w JOIN o ON o.v = w.a) SELECT v FROM o',
      {
        v: 't.a IDENTITY, u.y IDENTITY, w.z IDENTITY',
        '*': 't.a JOIN+FILTER, u.x FILTER, u.y JOIN+FILTER, w.a JOIN, w.z JOIN',
      },
    ],
    // The inner o is another one.
    [
      'WITH RECURSIVE o (v) AS ((WITH o (v) AS (SELECT y FROM u) SELECT v FROM o) UNION SELECT w.z FROM w JOIN o ON o.v = w.a) SELECT v FROM o',
      { v: 'u.y IDENTITY, w.z IDENTITY', '*': 'u.y JOIN, w.a JOIN, w.z JOIN' },
    ],
  ],
  'what is not understood costs nothing that is certain': [
    [
      'SELECT t.a, m.x, b FROM t, missing m WHERE t.d = 1 AND m.y = 2',
      {
        a: 't.a IDENTITY',
        x: '',
        b: 't.b IDENTITY',
        '*': 't.d FILTER',
        issues:
          'FROM: the table "missing" is not in the catalog; column "x": the table "missing" is not in the catalog; WHERE: the table "missing" is not in the catalog',
      },
    ],
    // It may be a column of the one that is not known, so it is not the outer one.
    [
      'SELECT (SELECT max(b) FROM missing) AS m FROM t',
      {
        m: '',
        issues:
          'FROM: the table "missing" is not in the catalog; column "max": the table "missing" is not in the catalog; column "m": the table "missing" is not in the catalog',
      },
    ],
    [
      'SELECT q.a, q.n FROM (SELECT a, nope AS n FROM t) q',
      { a: 't.a IDENTITY', n: '', issues: 'column "n": "nope" is not known here' },
    ],
    [
      'SELECT a, b FROM t JOIN missing USING (a)',
      {
        a: '',
        b: 't.b IDENTITY',
        '*': 't.a JOIN',
        issues:
          'FROM: the table "missing" is not in the catalog; JOIN: the table "missing" is not in the catalog; column "a": the table "missing" is not in the catalog',
      },
    ],
    [
      'SELECT t.a FROM t NATURAL JOIN missing',
      {
        a: 't.a IDENTITY',
        issues: 'FROM: the table "missing" is not in the catalog; JOIN: the table "missing" is not in the catalog',
      },
    ],
  ],
  'what is not understood is named, never guessed': [
    ['SELECT nope FROM t', { nope: '', issues: 'column "nope": "nope" is not known here' }],
    ['SELECT a, b FROM t, u', { a: '', b: 't.b IDENTITY', issues: 'column "a": the column "a" is ambiguous' }],
    [
      'SELECT a FROM missing',
      {
        a: '',
        issues:
          'FROM: the table "missing" is not in the catalog; column "a": the table "missing" is not in the catalog',
      },
    ],
    ['SELECT t.a FROM t AS s', { a: '', issues: 'column "a": "t" is not known here' }],
    ['SELECT q.b FROM (SELECT a FROM t) q', { b: '', issues: 'column "b": "q" has no column "b"' }],
    // Not LATERAL, so t is not visible.
    ['SELECT s.n FROM t, (SELECT t.a AS n) s', { n: '', issues: 'column "n": "t" is not known here' }],
    ['SELECT a FROM t WHERE nope = 1', { a: 't.a IDENTITY', issues: 'WHERE: "nope" is not known here' }],
    [
      'SELECT id, p FROM docs, ROWS FROM (json_each(body), unnest(tags)) AS x (p, q, r)',
      {
        id: 'docs.id IDENTITY',
        p: '',
        '*': 'docs.body JOIN, docs.tags JOIN',
        issues: 'column "p": functions in FROM have columns that are not known',
      },
    ],
    [
      'SELECT p, r FROM docs, unnest(tags, tags) AS x (p, q, r)',
      {
        p: 'docs.tags TRANSFORMATION',
        r: '',
        '*': 'docs.tags JOIN',
        issues: 'column "r": functions in FROM have columns that are not known',
      },
    ],
    [
      'SELECT (json_each(body)).* FROM docs',
      { '*': 'docs.body JOIN', issues: 'SELECT: a row is expanded to columns that are not known' },
    ],
  ],
};

describe.each(Object.entries(cases))('%s', (_, group) => {
  test.each(group)('%s', (sql, expected) => {
    expect(lineageOf(sql)).toEqual(expected);
  });
});

test('in a text that PostgreSQL printed, a key is never the name of an output column', () => {
  const query = parseQuery('SELECT b AS a FROM t ORDER BY a');
  expect(text(resolveQuery(query, catalog, 'printed').rows)).toBe('t.a SORT');
  expect(text(resolveQuery(query, catalog, 'written').rows)).toBe('t.b SORT');
});

test('the marks of CYCLE are read as PostgreSQL prints them, and all places stay where they were', () => {
  const sql =
    "WITH RECURSIVE r AS (SELECT a FROM t UNION ALL SELECT t.b FROM t, r) CYCLE a SET m TO 'Y'::text DEFAULT 'N'::text USING p SELECT a, nope FROM r";
  const { columns, issues } = resolveQuery(parseQuery(sql), catalog, 'printed');
  expect(columns.map(({ flow }) => text(flow))).toEqual(['t.a IDENTITY, t.b IDENTITY', '']);
  expect(issues.map(({ at }) => at)).toEqual([sql.indexOf('nope')]);
});

test('a query may join hundreds of tables and nest a hundred deep', () => {
  const joins = Array.from({ length: 300 }, (_, i) => `JOIN t t${i} ON t${i}.a = t.a`).join(' ');
  expect(lineageOf(`SELECT t299.b FROM t ${joins}`)).toEqual({ b: 't.b IDENTITY', '*': 't.a JOIN' });
  const nested = Array.from({ length: 100 }).reduce<string>(
    (sql, _, i) => `SELECT a FROM (${sql}) q${i}`,
    'SELECT a FROM t',
  );
  expect(lineageOf(nested)).toEqual({ a: 't.a IDENTITY' });
});

test('a text that is no single SELECT is refused with the reason', () => {
  expect(() => parseQuery('SELECT FROM WHERE')).toThrow('syntax error at or near "WHERE"');
  expect(() => parseQuery('DELETE FROM t')).toThrow('it is not one SELECT statement');
});
