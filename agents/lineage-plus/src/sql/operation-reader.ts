import type { Node } from 'libpg-query';
import type { Operation, ResultRule, TypeName } from './ast.ts';
import { names } from './pg-nodes.ts';
import { builtIn, toTypeName } from './type-name-reader.ts';

/** The name and the type of an operation; its operands are read by the caller. */
type Shape = Pick<Operation, 'name' | 'result'>;

/**
 * Nodes whose value comes from all their operands alike. An explicit list, because a node we do not know must not pass as
 * understood. Undefined for those.
 */
export function readOperation(node: Node): Shape | undefined {
  if ('A_Expr' in node) return toOperator(node.A_Expr);
  if ('BoolExpr' in node || 'NullTest' in node || 'BooleanTest' in node || 'JsonIsPredicate' in node) return truth;
  if ('CoalesceExpr' in node) return { name: 'coalesce', result: { rule: 'common' } };
  if ('MinMaxExpr' in node)
    return { name: node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest', result: { rule: 'common' } };
  if ('A_ArrayExpr' in node) return { name: 'array', result: { rule: 'array' } };
  if ('RowExpr' in node) return { name: 'row', result: { rule: 'row' } };
  if ('CollateClause' in node) return { name: undefined, result: { rule: 'first' } };
  if ('GroupingFunc' in node) return { name: 'grouping', result: of('int4') };
  if ('SQLValueFunction' in node) return toValueFunction(`${node.SQLValueFunction.op}`);
  if ('XmlExpr' in node) return toXml(`${node.XmlExpr.op}`);
  if ('XmlSerialize' in node) return typed('xmlserialize', node.XmlSerialize.typeName, 'text');
  if ('List' in node || 'ResTarget' in node) return part;
  return readJsonOperation(node);
}

function readJsonOperation(node: Node): Shape | undefined {
  if ('JsonKeyValue' in node || 'JsonValueExpr' in node || 'JsonArgument' in node) return part;
  if ('JsonFuncExpr' in node) {
    const { op, output } = node.JsonFuncExpr;
    if (op === 'JSON_EXISTS_OP') return typed('json_exists', output?.typeName, 'bool');
    if (op === 'JSON_VALUE_OP') return typed('json_value', output?.typeName, 'text');
    return typed('json_query', output?.typeName, 'jsonb');
  }
  if ('JsonObjectConstructor' in node) return typed('json_object', node.JsonObjectConstructor.output?.typeName, 'json');
  if ('JsonArrayConstructor' in node) return typed('json_array', node.JsonArrayConstructor.output?.typeName, 'json');
  if ('JsonParseExpr' in node) return typed('json', node.JsonParseExpr.output?.typeName, 'json');
  if ('JsonScalarExpr' in node) return typed('json_scalar', node.JsonScalarExpr.output?.typeName, 'json');
  if ('JsonSerializeExpr' in node) return typed('json_serialize', node.JsonSerializeExpr.output?.typeName, 'text');
  return undefined;
}

function of(name: string): ResultRule {
  return { rule: 'type', type: builtIn(name) };
}

const truth: Shape = { name: undefined, result: of('bool') };
const part: Shape = { name: undefined, result: { rule: 'none' } };

function typed(name: string, written: Parameters<typeof toTypeName>[0] | undefined, otherwise: string): Shape {
  const type: TypeName = written === undefined ? builtIn(otherwise) : toTypeName(written);
  return { name, result: { rule: 'type', type } };
}

function toOperator({ kind, name }: Extract<Node, { A_Expr: unknown }>['A_Expr']): Shape {
  if (kind === 'AEXPR_OP') return { name: undefined, result: { rule: 'operator', path: names(name) } };
  return kind === 'AEXPR_NULLIF' ? { name: 'nullif', result: { rule: 'nullif' } } : truth;
}

const valueFunctions: Record<string, readonly [name: string, type: string]> = {
  SVFOP_CURRENT_DATE: ['current_date', 'date'],
  SVFOP_CURRENT_TIME: ['current_time', 'timetz'],
  SVFOP_CURRENT_TIME_N: ['current_time', 'timetz'],
  SVFOP_CURRENT_TIMESTAMP: ['current_timestamp', 'timestamptz'],
  SVFOP_CURRENT_TIMESTAMP_N: ['current_timestamp', 'timestamptz'],
  SVFOP_LOCALTIME: ['localtime', 'time'],
  SVFOP_LOCALTIME_N: ['localtime', 'time'],
  SVFOP_LOCALTIMESTAMP: ['localtimestamp', 'timestamp'],
  SVFOP_LOCALTIMESTAMP_N: ['localtimestamp', 'timestamp'],
  SVFOP_CURRENT_ROLE: ['current_role', 'name'],
  SVFOP_CURRENT_USER: ['current_user', 'name'],
  SVFOP_USER: ['user', 'name'],
  SVFOP_SESSION_USER: ['session_user', 'name'],
  SVFOP_CURRENT_CATALOG: ['current_catalog', 'name'],
  SVFOP_CURRENT_SCHEMA: ['current_schema', 'name'],
};

function toValueFunction(op: string): Shape {
  const found = valueFunctions[op];
  return found === undefined ? part : { name: found[0], result: of(found[1]) };
}

function toXml(op: string): Shape {
  return op === 'IS_DOCUMENT' ? truth : { name: op.replace(/^IS_/, '').toLowerCase(), result: of('xml') };
}
