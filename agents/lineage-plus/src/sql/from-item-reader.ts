import type {
  Alias,
  JsonTable,
  JsonTableColumn,
  Node,
  TypeName as PgTypeName,
  RangeFunction,
  RangeTableFunc,
  SelectStmt,
} from 'libpg-query';
import type { DefinedColumn, DocumentItem, FromItem, FunctionItem, JoinItem, Query, TypeName } from './ast.ts';
import type { ExpressionReader } from './expression-reader.ts';
import { isPresent, listItems, names } from './pg-nodes.ts';
import { builtIn, toTypeName } from './type-name-reader.ts';

/** Translates PostgreSQL's tree of FROM items into ours. */
export class FromItemReader {
  readonly #expressions: ExpressionReader;
  readonly #toQuery: (statement: SelectStmt) => Query;

  constructor(expressions: ExpressionReader, toQuery: (statement: SelectStmt) => Query) {
    this.#expressions = expressions;
    this.#toQuery = toQuery;
  }

  fromItem(node: Node): FromItem {
    if ('RangeVar' in node) {
      const { catalogname, schemaname, relname, alias, location: at } = node.RangeVar;
      const path = [catalogname, schemaname, relname].filter((part) => part !== undefined);
      return { kind: 'table', path, inputs: [], at, ...aliased(alias) };
    }
    if ('RangeSubselect' in node) {
      const { subquery, alias, lateral = false } = node.RangeSubselect;
      if (subquery === undefined || !('SelectStmt' in subquery))
        return { kind: 'unsupported', what: 'RangeSubselect', at: undefined };
      return { kind: 'query', query: this.#toQuery(subquery.SelectStmt), lateral, ...aliased(alias) };
    }
    if ('JoinExpr' in node) {
      const {
        larg,
        rarg,
        jointype,
        isNatural = false,
        usingClause,
        join_using_alias: usingAlias,
        quals,
        alias,
      } = node.JoinExpr;
      const type = joinTypes[jointype ?? ''];
      if (larg === undefined || rarg === undefined || type === undefined)
        return { kind: 'unsupported', what: `${jointype}`, at: undefined };
      return {
        kind: 'join',
        type,
        left: this.fromItem(larg),
        right: this.fromItem(rarg),
        natural: isNatural,
        using: names(usingClause),
        usingAlias: usingAlias?.aliasname,
        on: this.#expressions.optional(quals),
        ...aliased(alias),
      };
    }
    if ('RangeFunction' in node) return this.#toFunction(node.RangeFunction);
    if ('RangeTableFunc' in node) return this.#toXmlTable(node.RangeTableFunc);
    if ('JsonTable' in node) return this.#toJsonTable(node.JsonTable);
    if ('RangeTableSample' in node && node.RangeTableSample.relation !== undefined) {
      const item = this.fromItem(node.RangeTableSample.relation);
      return item.kind === 'table'
        ? { ...item, inputs: (node.RangeTableSample.args ?? []).map((part) => this.#expressions.expression(part)) }
        : item;
    }
    return { kind: 'unsupported', what: Object.keys(node)[0] ?? 'nothing', at: undefined };
  }

  #toFunction({ functions = [], ordinality = false, alias, coldeflist }: RangeFunction): FunctionItem {
    return {
      kind: 'function',
      ordinality,
      calls: functions.flatMap((node) => {
        const [call, columns] = listItems(node);
        if (!isPresent(call)) return [];
        return [
          {
            expression: this.#expressions.expression(call),
            columns: definedColumns(isPresent(columns) ? listItems(columns) : coldeflist),
          },
        ];
      }),
      ...aliased(alias),
    };
  }

  #toXmlTable({ docexpr, rowexpr, namespaces, columns = [], alias }: RangeTableFunc): DocumentItem {
    return {
      kind: 'document',
      inputs: [docexpr, rowexpr, ...(namespaces ?? [])]
        .filter(isPresent)
        .map((part) => this.#expressions.expression(part)),
      columns: columns.flatMap((node) => {
        if (!('RangeTableFuncCol' in node)) return [];
        const {
          colname = '',
          typeName,
          for_ordinality: isOrdinality = false,
          colexpr,
          coldefexpr,
        } = node.RangeTableFuncCol;
        return [
          {
            name: colname,
            type: columnType(typeName, isOrdinality),
            isOrdinality,
            inputs: [colexpr, coldefexpr].filter(isPresent).map((part) => this.#expressions.expression(part)),
          },
        ];
      }),
      ...aliased(alias),
    };
  }

  #toJsonTable({ context_item: context, passing, columns = [], alias }: JsonTable): DocumentItem {
    return {
      kind: 'document',
      inputs: [...this.#expressions.children(context), ...this.#expressions.children(passing)],
      columns: this.#jsonColumns(columns),
      ...aliased(alias),
    };
  }

  /** The columns of nested paths stand behind all others, wherever they were written. */
  #jsonColumns(nodes: readonly Node[]): DocumentItem['columns'] {
    const columns = nodes.flatMap((node) => ('JsonTableColumn' in node ? [node.JsonTableColumn] : []));
    const [nested, own] = [true, false].map((is) => columns.filter(({ coltype }) => (coltype === 'JTC_NESTED') === is));
    return [
      ...this.#ownJsonColumns(own ?? []),
      ...(nested ?? []).flatMap((column) => this.#jsonColumns(column.columns ?? [])),
    ];
  }

  #ownJsonColumns(columns: readonly JsonTableColumn[]): DocumentItem['columns'] {
    return columns.flatMap((column) => {
      const inputs = [
        ...this.#expressions.children(column.on_empty?.expr),
        ...this.#expressions.children(column.on_error?.expr),
      ];
      const isOrdinality = column.coltype === 'JTC_FOR_ORDINALITY';
      const type = column.coltype === 'JTC_EXISTS' && column.typeName === undefined ? builtIn('bool') : undefined;
      return [
        { name: column.name ?? '', type: type ?? columnType(column.typeName, isOrdinality), isOrdinality, inputs },
      ];
    });
  }
}

const joinTypes: Record<string, JoinItem['type']> = {
  JOIN_INNER: 'inner',
  JOIN_LEFT: 'left',
  JOIN_RIGHT: 'right',
  JOIN_FULL: 'full',
};

function aliased(alias: Alias | undefined) {
  return { alias: alias?.aliasname, aliasColumns: names(alias?.colnames) };
}

function definedColumns(nodes: readonly Node[] | undefined): DefinedColumn[] {
  return (nodes ?? []).flatMap((node) =>
    'ColumnDef' in node
      ? [{ name: node.ColumnDef.colname ?? '', type: columnType(node.ColumnDef.typeName, false) }]
      : [],
  );
}

function columnType(type: PgTypeName | undefined, isOrdinality: boolean): TypeName | undefined {
  if (isOrdinality) return builtIn('int4');
  return type === undefined ? undefined : toTypeName(type);
}
