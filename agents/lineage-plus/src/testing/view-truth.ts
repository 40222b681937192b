import { asNode, isNode, list, nodes, number, type Tree, type TreeNode, text } from './node-tree.ts';
import { type Truth, TruthFlow } from './truth-flow.ts';
import {
  ancestor,
  describe,
  type Entry,
  emptyTruth,
  isFlow,
  isOrdinality,
  type Level,
  ofTruth,
  twice,
  unadapted,
} from './truth-level.ts';

/**
 * Where the columns of a view come from according to PostgreSQL itself: its analysed query (`pg_rewrite.ev_action`), in which
 * every name is resolved, every star expanded and every conversion explicit. Shares no code with the resolver it judges.
 *
 * @param columnsOf the numbers of a relation's columns, by its oid
 */
export function viewTruth(tree: Tree, columnsOf: (relation: number) => readonly number[]): Truth {
  const query = Array.isArray(tree) ? tree[0] : tree;
  return new TruthReader(columnsOf).query(asNode(query), undefined);
}

class TruthReader {
  readonly #columnsOf: (relation: number) => readonly number[];

  constructor(columnsOf: (relation: number) => readonly number[]) {
    this.#columnsOf = columnsOf;
  }

  query(query: TreeNode, parent: Level | undefined): Truth {
    const level: Level = { query, parent, ctes: new Map(), entries: new Map() };
    for (const node of nodes(query.fields.cteList))
      level.ctes.set(text(node.fields.ctename), { node, table: undefined });
    const targets = nodes(query.fields.targetList);
    const visible = targets.filter((target) => target.fields.resjunk !== 'true');
    const set = query.fields.setOperations;
    const fromSet = isNode(set) ? this.#setOperation(set, level) : undefined;
    const columns = fromSet?.columns ?? visible.map((target) => this.#value(target.fields.expr, level));
    const rows = [fromSet?.rows ?? this.#from(query.fields.jointree, level)];
    if (fromSet === undefined) rows.push(...targets.map((target) => this.#sets(target.fields.expr, level)));
    const key = (clause: TreeNode) => {
      const target = targets.find((entry) => entry.fields.ressortgroupref === clause.fields.tleSortGroupRef);
      if (fromSet !== undefined && target !== undefined)
        return columns[number(target.fields.resno) - 1] ?? TruthFlow.none;
      return this.#value(target?.fields.expr, level);
    };
    rows.push(...nodes(query.fields.groupClause).map((clause) => key(clause).as('GROUP_BY')));
    rows.push(...nodes(query.fields.sortClause).map((clause) => key(clause).as('SORT')));
    if (query.fields.hasDistinctOn === 'true')
      rows.push(...nodes(query.fields.distinctClause).map((clause) => key(clause).as('GROUP_BY')));
    for (const part of [query.fields.havingQual, query.fields.limitOffset, query.fields.limitCount])
      rows.push(this.#value(part, level).as('FILTER'));
    return { columns, rows: TruthFlow.union(rows) };
  }

  #setOperation(set: TreeNode, level: Level): Truth {
    if (set.tag === 'RANGETBLREF') {
      const entry = this.#entry(number(set.fields.rtindex), level);
      const { subquery } = this.#range(number(set.fields.rtindex), level).fields;
      const targets = nodes(asNode(subquery).fields.targetList).filter((target) => target.fields.resjunk !== 'true');
      return { columns: targets.map((_, index) => entry.column(index + 1)), rows: entry.rows };
    }
    const [left, right] = [
      this.#setOperation(asNode(set.fields.larg), level),
      this.#setOperation(asNode(set.fields.rarg), level),
    ];
    const rows = TruthFlow.union([left.rows, right.rows]);
    const except = 3;
    if (number(set.fields.op) === except)
      return {
        columns: left.columns,
        rows: TruthFlow.union([rows, ...right.columns.map((flow) => flow.as('FILTER'))]),
      };
    const columns = left.columns.map((flow, index) => TruthFlow.union([flow, right.columns[index] ?? TruthFlow.none]));
    return { columns, rows };
  }

  #from(item: Tree | undefined, level: Level): TruthFlow {
    if (Array.isArray(item)) return TruthFlow.union(item.map((part) => this.#from(part, level)));
    if (!isNode(item)) return TruthFlow.none;
    const { fromlist, quals, larg, rarg, rtindex } = item.fields;
    if (item.tag === 'RANGETBLREF') return this.#entry(number(rtindex), level).rows;
    const subtype = item.tag === 'JOINEXPR' ? 'JOIN' : 'FILTER';
    const inner = [fromlist, larg, rarg].map((part) => this.#from(part, level));
    return TruthFlow.union([...inner, this.#value(quals, level).as(subtype)]);
  }

  #range(index: number, level: Level): TreeNode {
    return asNode(list(level.query.fields.rtable)[index - 1]);
  }

  #entry(index: number, level: Level): Entry {
    const range = this.#range(index, level);
    const known = level.entries.get(index);
    if (known !== undefined) return known;
    const entry = this.#newEntry(range, level);
    if (number(range.fields.rtekind) !== 6) level.entries.set(index, entry);
    return entry;
  }

  #newEntry(range: TreeNode, level: Level): Entry {
    const { fields } = range;
    const kind = number(fields.rtekind);
    switch (kind) {
      case 0:
        return this.#relation(range, level);
      case 1:
        return ofTruth(this.query(asNode(fields.subquery), level));
      case 2:
        return this.#aliases(list(fields.joinaliasvars), level);
      case 3:
        return this.#functions(range, level);
      case 4:
        return this.#document(asNode(fields.tablefunc), level);
      case 5:
        return this.#values(list(fields.values_lists), level);
      case 6:
        return ofTruth(this.#cte(range, level));
      case 8:
        return ofTruth(emptyTruth);
      // PostgreSQL 18: the keys of GROUP BY.
      case 9:
        return this.#aliases(list(fields.groupexprs), level);
      default:
        throw new Error(`a range table entry of kind ${kind} is not known`);
    }
  }

  #relation({ fields }: TreeNode, level: Level): Entry {
    const relation = number(fields.relid);
    const sample = isNode(fields.tablesample) ? this.#value(fields.tablesample.fields.args, level) : TruthFlow.none;
    return {
      column: (attribute) => TruthFlow.of(`${relation}.${attribute}`),
      all: () =>
        TruthFlow.union(this.#columnsOf(relation).map((attribute) => TruthFlow.of(`${relation}.${attribute}`))),
      rows: sample.as('FILTER'),
    };
  }

  #aliases(expressions: readonly Tree[], level: Level): Entry {
    return {
      column: (attribute) => this.#value(expressions[attribute - 1], level),
      all: () => this.#value(expressions, level),
      rows: TruthFlow.none,
    };
  }

  #functions({ fields }: TreeNode, level: Level): Entry {
    const columns: TruthFlow[] = [];
    const rows: TruthFlow[] = [];
    for (const { fields: one } of nodes(fields.functions)) {
      const flow = this.#value(one.funcexpr, level).through('TRANSFORMATION');
      for (let count = number(one.funccolcount); count > 0; count--) columns.push(flow);
      if (isNode(one.funcexpr) && one.funcexpr.fields.funcretset === 'true') rows.push(flow.as('JOIN'));
    }
    return ofTruth({ columns, rows: TruthFlow.union(rows) });
  }

  #document({ fields }: TreeNode, level: Level): Entry {
    const parts = [fields.ns_uris, fields.docexpr, fields.rowexpr, fields.passingvalexprs];
    const document = TruthFlow.union(parts.map((part) => this.#value(part, level)));
    const [paths, defaults, values] = [fields.colexprs, fields.coldefexprs, fields.colvalexprs].map(list);
    const columns = list(fields.colnames).map((_, index) => {
      const isOrdinal = index === number(fields.ordinalitycol) || (values !== undefined && isOrdinality(values, index));
      if (isOrdinal) return TruthFlow.none;
      const own = [paths, defaults, values].map((parts) => this.#value(parts?.[index], level));
      return TruthFlow.union([document, ...own]).through('TRANSFORMATION');
    });
    return ofTruth({ columns, rows: document.as('JOIN') });
  }

  #values(rows: readonly Tree[], level: Level): Entry {
    const columns = list(rows[0]).map((_, index) =>
      TruthFlow.union(rows.map((row) => this.#value(unadapted(list(row)[index]), level))),
    );
    return ofTruth({ columns, rows: TruthFlow.none });
  }

  /** Recursive ones grow until nothing is added. */
  #cte({ fields }: TreeNode, from: Level): Truth {
    const level = ancestor(from, number(fields.ctelevelsup));
    const entry = level.ctes.get(text(fields.ctename));
    if (entry === undefined) throw new Error(`the CTE ${fields.ctename} is not known`);
    if (entry.table !== undefined) return entry.table;
    const { ctequery, ctecolnames, search_clause: search, cycle_clause: cycle } = entry.node.fields;
    const names = list(ctecolnames);
    const made = [
      isNode(search) && search.fields.search_col_list,
      ...twice(isNode(cycle) && cycle.fields.cycle_col_list),
    ];
    let table: Truth = { columns: names.map(() => TruthFlow.none), rows: TruthFlow.none };
    for (let before = ''; before !== describe(table); ) {
      before = describe(table);
      entry.table = table;
      const next = this.query(asNode(ctequery), level);
      const own = names.map((_, index) => TruthFlow.union([table.columns[index], next.columns[index]].filter(isFlow)));
      const added = made.flatMap((from) =>
        from === false ? [] : [TruthFlow.union(list(from).flatMap((name) => own[names.indexOf(name)] ?? []))],
      );
      table = {
        columns: [...own, ...added.map((flow) => flow.through('TRANSFORMATION'))],
        rows: TruthFlow.union([table.rows, next.rows]),
      };
    }
    entry.table = table;
    return table;
  }

  #column(variable: TreeNode, attribute: number, from: Level): TruthFlow {
    const level = ancestor(from, number(variable.fields.varlevelsup));
    // Columns such as ctid.
    if (attribute < 0) return TruthFlow.none;
    const entry = this.#entry(number(variable.fields.varno), level);
    return attribute === 0 ? entry.all().through('TRANSFORMATION') : entry.column(attribute);
  }

  #value(expression: Tree | undefined, level: Level): TruthFlow {
    if (Array.isArray(expression)) return TruthFlow.union(expression.map((part) => this.#value(part, level)));
    if (!isNode(expression)) return TruthFlow.none;
    const { tag, fields } = expression;
    switch (tag) {
      case 'VAR':
        return this.#column(expression, number(fields.varattno), level);
      case 'CONST':
      case 'BYTES':
        return TruthFlow.none;
      case 'CASE':
      case 'CASEEXPR': {
        const branches = nodes(fields.args);
        const results = [fields.defresult, ...branches.map((branch) => branch.fields.result ?? null)];
        const conditions = [fields.arg, ...branches.map((branch) => branch.fields.expr ?? null)];
        return TruthFlow.union([
          ...results.map((part) => this.#value(part, level).through('TRANSFORMATION')),
          ...conditions.map((part) => this.#value(part, level).as('CONDITIONAL')),
        ]);
      }
      case 'AGGREF':
        return this.#aggregate(fields, level);
      case 'WINDOWFUNC':
        return this.#windowFunction(fields, level);
      case 'SUBLINK': {
        const { columns, rows } = this.query(asNode(fields.subselect), level);
        const exists = 0;
        if (number(fields.subLinkType) === exists) return rows;
        const values = TruthFlow.union([...columns, this.#value(fields.testexpr, level)]);
        return TruthFlow.union([values.through('TRANSFORMATION'), rows]);
      }
      case 'FIELDSELECT': {
        const row = asNode(fields.arg);
        if (row.tag === 'VAR' && number(row.fields.varattno) === 0)
          return this.#column(row, number(fields.fieldnum), level);
        return this.#value(row, level).through('TRANSFORMATION');
      }
      case 'TARGETENTRY':
        return this.#value(fields.expr, level);
      default:
        return TruthFlow.union(Object.values(fields).map((part) => this.#value(part, level))).through('TRANSFORMATION');
    }
  }

  #aggregate(fields: TreeNode['fields'], level: Level): TruthFlow {
    const args = nodes(fields.args);
    const isOrderedSet = fields.aggkind !== 'n';
    const keys = new Set(nodes(fields.aggorder).map((clause) => clause.fields.tleSortGroupRef));
    const taken = args.filter((arg) => isOrderedSet || arg.fields.resjunk !== 'true');
    const sorted = isOrderedSet ? [] : args.filter((arg) => keys.has(arg.fields.ressortgroupref ?? null));
    return TruthFlow.union([
      ...[fields.aggdirectargs, ...taken].map((arg) => this.#value(arg, level).through('AGGREGATION')),
      ...sorted.map((arg) => this.#value(arg, level).as('SORT')),
      this.#value(fields.aggfilter, level).as('FILTER'),
    ]);
  }

  #windowFunction(fields: TreeNode['fields'], level: Level): TruthFlow {
    const window = nodes(level.query.fields.windowClause).find((entry) => entry.fields.winref === fields.winref);
    const { partitionClause, orderClause, startOffset, endOffset } = window?.fields ?? {};
    const targets = nodes(level.query.fields.targetList);
    const keys = [...nodes(partitionClause), ...nodes(orderClause)].map(
      (clause) => targets.find((target) => target.fields.ressortgroupref === clause.fields.tleSortGroupRef) ?? null,
    );
    return TruthFlow.union([
      this.#value(fields.args, level).through(fields.winagg === 'true' ? 'AGGREGATION' : 'TRANSFORMATION'),
      this.#value(fields.aggfilter, level).as('FILTER'),
      ...[...keys, startOffset, endOffset].map((part) => this.#value(part, level).as('WINDOW')),
    ]);
  }

  /** What set-returning functions in a select list are given: they decide how many rows there are. */
  #sets(expression: Tree | undefined, level: Level): TruthFlow {
    if (Array.isArray(expression)) return TruthFlow.union(expression.map((part) => this.#sets(part, level)));
    if (!isNode(expression) || expression.tag === 'SUBLINK') return TruthFlow.none;
    if (expression.tag === 'FUNCEXPR' && expression.fields.funcretset === 'true')
      return this.#value(expression.fields.args, level).as('JOIN');
    return TruthFlow.union(Object.values(expression.fields).map((part) => this.#sets(part, level)));
  }
}
