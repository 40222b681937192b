import type { FuncCall, JsonAggConstructor, Node, SelectStmt, SubLink, WindowDef } from 'libpg-query';
import type { Call, Expression, Query, Window } from './ast.ts';
import { isPresent, listItems, names } from './pg-nodes.ts';

/**
 * Nodes whose value comes from all their operands alike, with the column name that PostgreSQL gives an unnamed one.
 * An explicit list, because a node we do not know must not pass as understood.
 */
const operations = new Map<string, string | undefined>([
  ['A_Expr', undefined],
  ['BoolExpr', undefined],
  ['NullTest', undefined],
  ['BooleanTest', undefined],
  ['CoalesceExpr', 'coalesce'],
  ['MinMaxExpr', 'greatest'],
  ['A_ArrayExpr', 'array'],
  ['RowExpr', 'row'],
  ['CollateClause', undefined],
  ['GroupingSet', undefined],
  ['GroupingFunc', 'grouping'],
  ['SQLValueFunction', 'current'],
  ['XmlExpr', 'xml'],
  ['XmlSerialize', 'xmlserialize'],
  ['List', undefined],
  ['ResTarget', undefined],
  ['JsonFuncExpr', 'json'],
  ['JsonObjectConstructor', 'json_object'],
  ['JsonArrayConstructor', 'json_array'],
  ['JsonKeyValue', undefined],
  ['JsonValueExpr', undefined],
  ['JsonArgument', undefined],
  ['JsonIsPredicate', undefined],
  ['JsonParseExpr', 'json'],
  ['JsonScalarExpr', 'json_scalar'],
  ['JsonSerializeExpr', 'json_serialize'],
]);

// Parts of nodes that are no expressions.
const inert = new Set(['String', 'Integer', 'Float', 'Boolean', 'TypeName']);

/** Translates PostgreSQL's tree of expressions into ours; what is unknown becomes `unsupported`, never an error. */
export class ExpressionReader {
  readonly #toQuery: (statement: SelectStmt) => Query;

  /** @param toQuery translates the queries inside of expressions */
  constructor(toQuery: (statement: SelectStmt) => Query) {
    this.#toQuery = toQuery;
  }

  expression(node: Node): Expression {
    if ('ColumnRef' in node) return toColumn(node.ColumnRef.fields ?? []);
    if ('A_Const' in node)
      return { kind: 'literal', ordinal: node.A_Const.ival === undefined ? undefined : (node.A_Const.ival.ival ?? 0) };
    if ('FuncCall' in node) return this.#toCall(node.FuncCall);
    if ('JsonObjectAgg' in node)
      return this.#toJsonAggregate('json_objectagg', node.JsonObjectAgg.constructor, node.JsonObjectAgg.arg);
    if ('JsonArrayAgg' in node)
      return this.#toJsonAggregate('json_arrayagg', node.JsonArrayAgg.constructor, node.JsonArrayAgg.arg);
    if ('TypeCast' in node && node.TypeCast.arg !== undefined) {
      const typeName = names(node.TypeCast.typeName?.names).at(-1) ?? '';
      return { kind: 'cast', operand: this.expression(node.TypeCast.arg), typeName };
    }
    if ('CaseExpr' in node) {
      return {
        kind: 'case',
        operand: this.optional(node.CaseExpr.arg),
        branches: (node.CaseExpr.args ?? []).flatMap((when) =>
          'CaseWhen' in when && isPresent(when.CaseWhen.expr) && isPresent(when.CaseWhen.result)
            ? [{ condition: this.expression(when.CaseWhen.expr), result: this.expression(when.CaseWhen.result) }]
            : [],
        ),
        otherwise: this.optional(node.CaseExpr.defresult),
      };
    }
    if ('SubLink' in node) return this.#toSubquery(node.SubLink);
    if ('JsonArrayQueryConstructor' in node) return this.#toArrayQuery(node.JsonArrayQueryConstructor.query);
    if ('A_Indirection' in node && node.A_Indirection.arg !== undefined) {
      return (node.A_Indirection.indirection ?? []).reduce(
        (operand, step) => this.#toIndirection(operand, step),
        this.expression(node.A_Indirection.arg),
      );
    }
    if ('SortBy' in node && node.SortBy.node !== undefined) return this.expression(node.SortBy.node);
    if ('NamedArgExpr' in node && node.NamedArgExpr.arg !== undefined) return this.expression(node.NamedArgExpr.arg);
    const [tag = 'nothing'] = Object.keys(node);
    if (!operations.has(tag)) return { kind: 'unsupported', what: tag };
    return { kind: 'operation', name: operations.get(tag), operands: this.children(Object.values(node)[0]) };
  }

  /** `toExpression` of what may be absent. */
  optional(node: Node | undefined): Expression | undefined {
    return isPresent(node) ? this.expression(node) : undefined;
  }

  /** Translates a window, defined in a WINDOW clause or in an OVER. */
  window(window: WindowDef, isReference = false): Window {
    const nodes = [
      ...(window.partitionClause ?? []),
      ...(window.orderClause ?? []),
      window.startOffset,
      window.endOffset,
    ];
    return {
      name: isReference ? undefined : window.name,
      base: isReference ? (window.name ?? window.refname) : window.refname,
      expressions: nodes.filter(isPresent).map((part) => this.expression(part)),
    };
  }

  /** All expressions directly below a node, whatever field they stand in. */
  children(value: unknown): Expression[] {
    if (Array.isArray(value)) return value.flatMap((part) => this.children(part));
    if (typeof value !== 'object' || value === null) return [];
    const entries = Object.entries(value);
    const tag = entries.length === 1 ? entries[0]?.[0] : undefined;
    if (tag !== undefined && /^[A-Z]/.test(tag)) return inert.has(tag) ? [] : [this.expression(value as Node)];
    return entries.flatMap(([, field]) => this.children(field));
  }

  #toCall(call: FuncCall): Call {
    const order = (call.agg_order ?? []).map((part) => this.expression(part));
    const isOrderedSet = call.agg_within_group ?? false;
    return {
      kind: 'call',
      path: names(call.funcname),
      args: [...(call.args ?? []).map((part) => this.expression(part)), ...(isOrderedSet ? order : [])],
      orderBy: isOrderedSet ? [] : order,
      filter: this.optional(call.agg_filter),
      over: call.over === undefined ? undefined : this.window(call.over, true),
      isAggregate: isOrderedSet,
    };
  }

  #toJsonAggregate(name: string, aggregate: JsonAggConstructor | undefined, argument: unknown): Call {
    return {
      kind: 'call',
      path: [name],
      args: this.children(argument),
      orderBy: (aggregate?.agg_order ?? []).map((part) => this.expression(part)),
      filter: this.optional(aggregate?.agg_filter),
      over: aggregate?.over === undefined ? undefined : this.window(aggregate.over, true),
      isAggregate: true,
    };
  }

  #toSubquery(link: SubLink): Expression {
    const select = link.subselect;
    if (select === undefined || !('SelectStmt' in select)) return { kind: 'unsupported', what: 'SubLink' };
    const forms = {
      EXPR_SUBLINK: 'scalar',
      ARRAY_SUBLINK: 'array',
      EXISTS_SUBLINK: 'exists',
      ANY_SUBLINK: 'test',
      ALL_SUBLINK: 'test',
    } as const;
    const type = link.subLinkType;
    if (type === undefined || !(type in forms)) return { kind: 'unsupported', what: `SubLink ${type}` };
    const form = forms[type as keyof typeof forms];
    return { kind: 'subquery', form, operand: this.optional(link.testexpr), query: this.#toQuery(select.SelectStmt) };
  }

  #toArrayQuery(query: Node | undefined): Expression {
    if (query === undefined || !('SelectStmt' in query))
      return { kind: 'unsupported', what: 'JsonArrayQueryConstructor' };
    return { kind: 'subquery', form: 'array', operand: undefined, query: this.#toQuery(query.SelectStmt) };
  }

  #toIndirection(operand: Expression, step: Node): Expression {
    if ('String' in step) return { kind: 'field', operand, name: step.String.sval ?? '' };
    if ('A_Star' in step) return { kind: 'expand', operand };
    if ('A_Indices' in step)
      return { kind: 'operation', name: undefined, operands: [operand, ...this.children(step.A_Indices)] };
    return { kind: 'unsupported', what: listItems(step).flatMap(Object.keys).join(' ') };
  }
}

function toColumn(fields: readonly Node[]): Expression {
  const path = names(fields);
  return fields.some((field) => 'A_Star' in field) ? { kind: 'star', path } : { kind: 'column', path };
}
