-- The same for what only PostgreSQL 17 and later know. Needs nasty-views.sql.
CREATE VIEW n.j01 AS SELECT j.* FROM n.cust c, JSON_TABLE(c.doc, '$[*]' PASSING c.id AS x COLUMNS (n FOR ORDINALITY, a int PATH '$.a' DEFAULT abs(3) ON EMPTY, e bool EXISTS PATH '$.e', NESTED PATH '$.k[*]' COLUMNS (deep text PATH '$', o2 FOR ORDINALITY), q jsonb FORMAT JSON PATH '$.q')) j;
CREATE VIEW n.j02 AS SELECT c.id FROM n.cust c, JSON_TABLE(c.doc, '$[*]' COLUMNS (a int PATH '$.a' DEFAULT 2 + 1 ON ERROR)) j;
CREATE VIEW n.j03 AS SELECT JSON_OBJECT('a': id, code: fix ABSENT ON NULL) AS a, JSON_ARRAY(id, code NULL ON NULL RETURNING jsonb) AS b, JSON_ARRAY(SELECT note FROM n.ord WHERE ord.cust = c.id) AS d, JSON_VALUE(doc, '$.a' PASSING boss AS x RETURNING int DEFAULT 2 ON EMPTY) AS e, JSON_QUERY(doc, '$.b' WITH WRAPPER) AS f, JSON_EXISTS(doc, '$.c' PASSING code AS y) AS g, JSON(code) AS h, JSON_SCALAR(amt) AS i, JSON_SERIALIZE(doc) AS j, doc IS JSON OBJECT AS k, code IS JSON AS l FROM n.cust c;
CREATE VIEW n.j04 AS SELECT JSON_OBJECTAGG(code: id WITH UNIQUE KEYS) AS a, JSON_ARRAYAGG(code ORDER BY id) FILTER (WHERE flag) AS b, JSON_ARRAYAGG(boss) OVER () AS c FROM n.cust GROUP BY code, boss;
CREATE VIEW n.j05 AS SELECT v FROM (SELECT JSON_VALUE(doc, '$.a' RETURNING varchar(5)) AS v FROM n.cust) a JOIN (SELECT code AS v FROM n.cust) b USING (v);
CREATE VIEW n.j06 AS SELECT v FROM (SELECT JSON_VALUE(doc, '$.a') AS v FROM n.cust) a JOIN (SELECT note AS v FROM n.ord) b USING (v);
CREATE VIEW n.j07 AS SELECT a FROM JSON_TABLE('[]'::jsonb, '$[*]' COLUMNS (a int PATH '$')) j JOIN (SELECT id AS a FROM n.cust) k USING (a);
CREATE VIEW n.j08 AS SELECT any_value(code ORDER BY id) AS a, random(1, boss) AS r, xmltext(min(code)) AS x FROM n.cust GROUP BY boss;
CREATE VIEW n.j09 AS SELECT id FROM (SELECT id FROM n.cust) WHERE id > 1;
CREATE VIEW n.j10 AS SELECT id, code FROM (SELECT id FROM n.cust), (SELECT code FROM n.ord);
