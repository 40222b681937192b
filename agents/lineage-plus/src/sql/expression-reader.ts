import type { A_Const, FuncCall, JsonAggConstructor, Node, SelectStmt, SubLink, WindowDef } from 'libpg-query';
import type { Call, Expression, LiteralType, Query, Window } from './ast.ts';
import { readOperation } from './operation-reader.ts';
import { isPresent, listItems, names } from './pg-nodes.ts';
import { builtIn, toTypeName } from './type-name-reader.ts';

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
    if ('ColumnRef' in node) return toColumn(node.ColumnRef.fields ?? [], node.ColumnRef.location);
    if ('A_Const' in node) return toLiteral(node.A_Const);
    if ('FuncCall' in node) return this.#toCall(node.FuncCall);
    if ('JsonObjectAgg' in node)
      return this.#toJsonAggregate('json_objectagg', node.JsonObjectAgg.constructor, node.JsonObjectAgg.arg);
    if ('JsonArrayAgg' in node)
      return this.#toJsonAggregate('json_arrayagg', node.JsonArrayAgg.constructor, node.JsonArrayAgg.arg);
    if ('TypeCast' in node && node.TypeCast.arg !== undefined) {
      const { arg, typeName } = node.TypeCast;
      const type = typeName === undefined ? builtIn('unknown') : toTypeName(typeName);
      return { kind: 'cast', operand: this.expression(arg), type };
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
    const shape = readOperation(node);
    const [tag = 'nothing'] = Object.keys(node);
    if (shape === undefined) return { kind: 'unsupported', what: tag, at: offsetOf(node) };
    return { kind: 'operation', ...shape, operands: this.children(Object.values(node)[0]) };
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
    const args = call.args ?? [];
    return {
      kind: 'call',
      path: names(call.funcname),
      args: [...args.map((part) => this.expression(part)), ...(isOrderedSet ? order : [])],
      argNames: args.map((part) => ('NamedArgExpr' in part ? part.NamedArgExpr.name : undefined)),
      isVariadic: call.func_variadic ?? false,
      orderBy: isOrderedSet ? [] : order,
      filter: this.optional(call.agg_filter),
      over: call.over === undefined ? undefined : this.window(call.over, true),
      isAggregate: isOrderedSet,
      at: call.location,
    };
  }

  #toJsonAggregate(name: string, aggregate: JsonAggConstructor | undefined, argument: unknown): Call {
    return {
      kind: 'call',
      path: [name],
      args: this.children(argument),
      argNames: [],
      isVariadic: false,
      orderBy: (aggregate?.agg_order ?? []).map((part) => this.expression(part)),
      filter: this.optional(aggregate?.agg_filter),
      over: aggregate?.over === undefined ? undefined : this.window(aggregate.over, true),
      isAggregate: true,
      at: aggregate?.location,
    };
  }

  #toSubquery(link: SubLink): Expression {
    const select = link.subselect;
    if (select === undefined || !('SelectStmt' in select))
      return { kind: 'unsupported', what: 'SubLink', at: link.location };
    const forms = {
      EXPR_SUBLINK: 'scalar',
      ARRAY_SUBLINK: 'array',
      EXISTS_SUBLINK: 'exists',
      ANY_SUBLINK: 'test',
      ALL_SUBLINK: 'test',
    } as const;
    const type = link.subLinkType;
    if (type === undefined || !(type in forms))
      return { kind: 'unsupported', what: `SubLink ${type}`, at: link.location };
    const form = forms[type as keyof typeof forms];
    return { kind: 'subquery', form, operand: this.optional(link.testexpr), query: this.#toQuery(select.SelectStmt) };
  }

  #toArrayQuery(query: Node | undefined): Expression {
    if (query === undefined || !('SelectStmt' in query))
      return { kind: 'unsupported', what: 'JsonArrayQueryConstructor', at: undefined };
    return { kind: 'subquery', form: 'json array', operand: undefined, query: this.#toQuery(query.SelectStmt) };
  }

  #toIndirection(operand: Expression, step: Node): Expression {
    if ('String' in step) return { kind: 'field', operand, name: step.String.sval ?? '' };
    if ('A_Star' in step) return { kind: 'expand', operand };
    if ('A_Indices' in step) {
      const result = { rule: step.A_Indices.is_slice === true ? 'first' : 'element' } as const;
      // A subscript keeps the name of what it is applied to.
      return { kind: 'operation', name: undefined, result, operands: [operand, ...this.children(step.A_Indices)] };
    }
    return { kind: 'unsupported', what: listItems(step).flatMap(Object.keys).join(' '), at: undefined };
  }
}

function toColumn(fields: readonly Node[], at: number | undefined): Expression {
  const path = names(fields);
  return fields.some((field) => 'A_Star' in field) ? { kind: 'star', path, at } : { kind: 'column', path, at };
}

function toLiteral({ ival, fval, boolval, bsval }: A_Const): Expression {
  const ordinal = ival === undefined ? undefined : (ival.ival ?? 0);
  return { kind: 'literal', ordinal, type: literalType() };

  function literalType(): LiteralType {
    if (ival !== undefined) return 'int4';
    if (fval?.fval !== undefined) return isBigint(fval.fval) ? 'int8' : 'numeric';
    if (boolval !== undefined) return 'bool';
    return bsval === undefined ? 'unknown' : 'bit';
  }
}

// What is too large for four bytes comes as a "float", although it may fit eight.
function isBigint(text: string): boolean {
  if (!/^-?\d+$/.test(text)) return false;
  const value = BigInt(text);
  return value >= -(2n ** 63n) && value < 2n ** 63n;
}

function offsetOf(node: Node): number | undefined {
  const [body] = Object.values(node) as { readonly location?: number }[];
  return body?.location;
}
