import {
  type Column,
  columnsOf,
  constants,
  type Item,
  type Kind,
  names,
  pairColumns,
  type Query,
  quoted,
  tables,
} from './random-schema.ts';
import { seeded } from './seeded.ts';

/** Makes up views. Not all of them are valid SQL: the database decides, and what it refuses is left out. */
export class RandomViews {
  readonly #random: () => number;
  #ctes: Item[] = [];

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  /** One CREATE VIEW. */
  view(name: string): string {
    this.#ctes = [];
    const { sql, columns } = this.#query(3, []);
    return `CREATE VIEW r.${name} (${columns.map((_, index) => `c${index}`).join(', ')}) AS ${sql}`;
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #one<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  #times<T>(least: number, most: number, make: (index: number) => T): T[] {
    const count = least + Math.floor(this.#random() * (most - least + 1));
    return Array.from({ length: count }, (_, index) => make(index));
  }

  #query(depth: number, outer: readonly (readonly Item[])[], kinds?: readonly Kind[]): Query {
    const before = this.#ctes;
    const ctes = depth > 1 && this.#chance(0.25) ? this.#times(1, 2, () => this.#cte(depth - 1)) : [];
    const isRecursive = ctes.some((cte) => cte.startsWith('RECURSIVE '));
    const withClause = `WITH ${isRecursive ? 'RECURSIVE ' : ''}${ctes.map((cte) => cte.replace(/^RECURSIVE /, '')).join(', ')} `;
    const body = depth > 0 && this.#chance(0.15) ? this.#set(depth, outer, kinds) : this.#select(depth, outer, kinds);
    this.#ctes = before;
    return { columns: body.columns, sql: ctes.length === 0 ? body.sql : withClause + body.sql };
  }

  #cte(depth: number): string {
    const name = this.#one(names);
    if (this.#chance(0.3)) {
      const columns = columnsOf('a number, b text');
      const seed = this.#select(depth - 1, [], ['number', 'text']);
      this.#ctes = [...this.#ctes, { alias: name, columns }];
      const step = `SELECT q.a, ${this.#one(['q.b', "q.b || 'x'", 't.b::text'])} FROM ${name} q JOIN r.four t ON t.a = q.a`;
      const typed = `SELECT (z.u)::int, (z.v)::text FROM (${seed.sql}) z (u, v)`;
      return `RECURSIVE ${name} (a, b) AS (${typed} UNION ${step})`;
    }
    const { sql, columns } = this.#query(depth, []);
    const renamed = this.#chance(0.5)
      ? columns.map((column, index) => ({ ...column, name: `${names[index % 5]}${index > 4 ? index : ''}` }))
      : columns;
    const list = renamed === columns ? '' : ` (${renamed.map(({ name: own }) => own).join(', ')})`;
    this.#ctes = [...this.#ctes, { alias: name, columns: renamed }];
    return `${name}${list} AS (${sql})`;
  }

  #set(depth: number, outer: readonly (readonly Item[])[], kinds?: readonly Kind[]): Query {
    const wanted = kinds ?? this.#times(1, 3, () => this.#one<Kind>(['number', 'text']));
    const [left, right] = [this.#query(depth - 1, outer, wanted), this.#query(depth - 1, outer, wanted)];
    const order = this.#chance(0.3) ? ' ORDER BY 1' : '';
    const operator = this.#one(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL']);
    return { columns: left.columns, sql: `(${left.sql}) ${operator} (${right.sql})${order}` };
  }

  #select(depth: number, outer: readonly (readonly Item[])[], kinds?: readonly Kind[]): Query {
    const items: Item[] = [];
    const from = this.#times(1, depth > 1 ? 3 : 1, (index) => this.#fromItem(depth, items, outer, `t${depth}${index}`));
    const scopes = [items, ...outer];
    const isGrouped = this.#chance(0.2);
    const keys = isGrouped ? this.#times(1, 2, () => this.#expression('number', 0, [items])) : [];
    const wanted = kinds ?? this.#times(1, 4, () => this.#one<Kind>(['number', 'number', 'text', 'text', 'truth']));
    const targets = wanted.map((kind, index) => {
      const value = isGrouped ? this.#grouped(kind, keys, items) : this.#expression(kind, Math.min(depth, 2), scopes);
      return { value, kind, name: this.#chance(0.8) ? (names[index] ?? `n${index}`) : `z${index}` };
    });
    if (kinds === undefined && !isGrouped && depth < 3 && this.#chance(0.2)) {
      const [item] = items;
      if (item !== undefined && items.length === 1)
        return { sql: `SELECT * FROM ${from.join(', ')}`, columns: item.columns };
    }
    const list = targets.map(({ value, name }) => `${value} AS ${name}`).join(', ');
    const where = this.#chance(0.4) ? ` WHERE ${this.#expression('truth', Math.min(depth, 2), scopes)}` : '';
    const group = isGrouped ? ` GROUP BY ${this.#grouping(keys)}` : '';
    const order = this.#chance(0.2)
      ? ` ORDER BY ${this.#one([`${1 + Math.floor(this.#random() * targets.length)}`, targets[0]?.name ?? '1'])}`
      : '';
    const limit = order !== '' && this.#chance(0.3) ? ' LIMIT 5' : '';
    const distinct = order === '' && this.#chance(0.1) ? `DISTINCT ${this.#chance(0.5) ? 'ON (1) ' : ''}` : '';
    return {
      columns: targets.map(({ name, kind }) => ({ name, kind })),
      sql: `SELECT ${distinct}${list} FROM ${from.join(', ')}${where}${group}${order}${limit}`,
    };
  }

  #grouping(keys: readonly string[]): string {
    const form = this.#one(['plain', 'plain', 'ROLLUP', 'CUBE', 'GROUPING SETS']);
    return form === 'plain' ? keys.join(', ') : `${form} (${keys.join(', ')})`;
  }

  #grouped(kind: Kind, keys: readonly string[], items: readonly Item[]): string {
    const inner = (wanted: Kind) => this.#expression(wanted, 0, [items]);
    if (kind === 'number') {
      const filter = this.#chance(0.3) ? ` FILTER (WHERE ${inner('truth')})` : '';
      return this.#one([
        this.#one(keys),
        `sum(${inner('number')})${filter}`,
        `count(${inner('text')})`,
        `max(${inner('number')})`,
      ]);
    }
    if (kind === 'truth') return `bool_or(${inner('truth')})`;
    return this.#one([
      `min(${inner('text')})`,
      `string_agg(${inner('text')}, ',' ORDER BY ${inner('number')})`,
      `r.pick(${inner('text')})`,
    ]);
  }

  /** Adds to `items` what the item offers. */
  #fromItem(depth: number, items: Item[], outer: readonly (readonly Item[])[], alias: string): string {
    const left = this.#single(depth, items, outer, `${alias}l`);
    if (!this.#chance(0.45)) {
      items.push(left.item);
      return left.sql;
    }
    const isLateral = this.#chance(0.3);
    const right = this.#single(depth, isLateral ? [...items, left.item] : items, outer, `${alias}r`);
    const type = isLateral
      ? this.#one(['JOIN', 'LEFT JOIN'])
      : this.#one(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
    const shared = left.item.columns.filter(({ name, kind }) =>
      right.item.columns.some((own) => own.name === name && own.kind === kind),
    );
    if (shared.length > 0 && this.#chance(0.6)) return this.#using(items, left, right, type, shared);
    items.push(left.item, right.item);
    const [a, b] = [left, right].map(({ item }) => this.#column('number', [[item]], false));
    return `${left.sql} ${type} ${right.sql} ON ${a} = ${b}`;
  }

  #using(
    items: Item[],
    left: { readonly sql: string; readonly item: Item },
    right: { readonly sql: string; readonly item: Item },
    type: string,
    shared: readonly Column[],
  ): string {
    const merged = shared.filter(() => this.#chance(0.6));
    const isMerged = ({ name }: Column) => merged.some((column) => column.name === name);
    const list = merged.map(({ name }) => quoted(name)).join(', ');
    if (merged.length === 0) {
      items.push(left.item, right.item);
      return `${left.sql} CROSS JOIN ${right.sql}`;
    }
    // Named without alias, so that the merged column itself is meant.
    items.push(
      { alias: '', columns: merged },
      { ...left.item, columns: left.item.columns.filter((own) => !isMerged(own)) },
      { ...right.item, columns: right.item.columns.filter((own) => !isMerged(own)) },
    );
    return `${left.sql} ${type} ${right.sql} USING (${list})`;
  }

  #single(
    depth: number,
    items: readonly Item[],
    outer: readonly (readonly Item[])[],
    alias: string,
  ): { sql: string; item: Item } {
    const kind = this.#random();
    if (depth > 0 && kind < 0.3) {
      const isLateral = items.length > 0 && this.#chance(0.4);
      const { sql, columns } = this.#query(depth - 1, isLateral ? [items, ...outer] : outer);
      return { sql: `${isLateral ? 'LATERAL ' : ''}(${sql}) ${alias}`, item: { alias, columns } };
    }
    const cte = kind < 0.5 && this.#ctes.length > 0 ? this.#one(this.#ctes) : undefined;
    if (cte !== undefined) return { sql: `${cte.alias} ${alias}`, item: { alias, columns: cte.columns } };
    if (kind > 0.85 && items.length > 0) return this.#function(items, outer, alias);
    if (kind > 0.8) {
      const columns = columnsOf('a number, b text');
      return { sql: `(VALUES (1, 'x'), (2.5, 'y')) ${alias} (a, b)`, item: { alias, columns } };
    }
    const table = this.#one(Object.keys(tables));
    const columns = tables[table] ?? [];
    if (this.#chance(0.8)) return { sql: `r.${table} ${alias}`, item: { alias, columns } };
    const renamed = columns.map((column, index) =>
      index < 2 ? { ...column, name: `${column.name}${column.name}` } : column,
    );
    return {
      sql: `r.${table} ${alias} (${renamed
        .slice(0, 2)
        .map(({ name }) => name)
        .join(', ')})`,
      item: { alias, columns: renamed },
    };
  }

  #function(items: readonly Item[], outer: readonly (readonly Item[])[], alias: string): { sql: string; item: Item } {
    const value = (kind: Kind) => this.#expression(kind, 0, [items, ...outer]);
    const form = this.#one(['unnest', 'series', 'rows', 'rows from', 'scalar']);
    const made = {
      unnest: { sql: `unnest(${value('array')}) ${alias} (b)`, columns: columnsOf('b text') },
      series: {
        sql: `generate_series(1, (${value('number')})::int) ${alias}`,
        columns: [{ name: alias, kind: 'number' }],
      },
      rows: { sql: `r.rows((${value('number')})::int) ${alias}`, columns: pairColumns },
      'rows from': {
        sql: `ROWS FROM (r.rows((${value('number')})::int), unnest(${value('array')})) WITH ORDINALITY ${alias} (a, b, c, d)`,
        columns: columnsOf('a number, b text, c text, d number'),
      },
      scalar: { sql: `lower(${value('text')}) ${alias} (b)`, columns: columnsOf('b text') },
    } as const;
    const { sql, columns } = made[form as keyof typeof made];
    return { sql, item: { alias, columns } };
  }

  /** An expression over columns of one of the scopes, the innermost most of the time. */
  #expression(kind: Kind, depth: number, scopes: readonly (readonly Item[])[]): string {
    const column = this.#column(kind, scopes);
    if (depth <= 0 || this.#chance(0.35)) return column;
    const inner = (wanted: Kind) => this.#expression(wanted, depth - 1, scopes);
    switch (kind) {
      case 'number':
        return this.#one([
          () => `${inner('number')} + ${inner('number')}`,
          () => `coalesce(${inner('number')}, 0)`,
          () => `length(${inner('text')})`,
          () => `CASE WHEN ${inner('truth')} THEN ${inner('number')} ELSE 1 END`,
          () => `(${inner('number')})::int`,
          () => `sum(${inner('number')}) OVER (PARTITION BY ${inner('text')} ORDER BY ${inner('number')})`,
          () => `(SELECT max(${this.#column('number', [...scopes])}) FROM r.two w WHERE w.a = ${inner('number')})`,
          () => `r.pick((${inner('number')})::int)`,
        ])();
      case 'text':
        return this.#one([
          () => `${inner('text')} || ${inner('text')}`,
          () => `upper(${inner('text')})`,
          () => `(${inner('text')})::varchar(8)`,
          () => `nullif(${inner('text')}, 'x')`,
          () => `coalesce(${inner('text')}, ${inner('text')})`,
          () => `(${this.#column('pair', scopes)}).b`,
          () => `(${this.#column('array', scopes)})[1]`,
          () => `${this.#column('json', scopes)} ->> 'k'`,
          () => `lag(${inner('text')}) OVER (ORDER BY ${inner('number')})`,
        ])();
      case 'truth':
        return this.#one([
          () => `${inner('number')} > ${inner('number')}`,
          () => `${inner('text')} IS NOT NULL`,
          () => `EXISTS (SELECT 1 FROM r.three w WHERE w.a = ${inner('number')})`,
          () => `${inner('number')} IN (SELECT w.a FROM r.four w WHERE w.b = ${inner('text')})`,
          () => `${inner('text')} = ANY (${this.#column('array', scopes)})`,
          () => `(${inner('truth')} OR NOT ${inner('truth')})`,
        ])();
      default:
        return column;
    }
  }

  #column(kind: Kind, scopes: readonly (readonly Item[])[], mayBeBare = true): string {
    const scope = scopes.find(() => this.#chance(0.8)) ?? scopes[0] ?? [];
    const all = scope.flatMap(({ alias, columns }) => columns.map((column) => ({ ...column, alias })));
    const isUnique = (name: string) => all.filter((column) => column.name === name).length === 1;
    const found = all.filter((column) => column.kind === kind && (column.alias !== '' || isUnique(column.name)));
    if (found.length === 0) return constants[kind];
    const { alias, name } = this.#one(found);
    const isBare = alias === '' || (mayBeBare && isUnique(name) && this.#chance(0.3));
    return isBare ? quoted(name) : `${alias}.${quoted(name)}`;
  }
}
