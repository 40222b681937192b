import type { Expression, Query } from '../sql/ast.ts';

const unnamed = '?column?';

/** The name that PostgreSQL gives to an output column without AS. */
export function columnName(expression: Expression): string {
  return nameOf(expression)?.name ?? unnamed;
}

/** A weak name gives way to a stronger one further inside: `lower(x)::text` is "lower", `1::text` is "text". */
interface ColumnName {
  readonly name: string;
  readonly isWeak?: boolean;
}

function nameOf(expression: Expression): ColumnName | undefined {
  switch (expression.kind) {
    case 'column':
    case 'star':
    case 'call':
      return named(expression.path.at(-1));
    case 'field':
      return named(expression.name);
    case 'expand':
      return nameOf(expression.operand);
    case 'cast':
      return strong(nameOf(expression.operand)) ?? weak(expression.type.path.at(-1));
    case 'case':
      return strong(expression.otherwise && nameOf(expression.otherwise)) ?? weak('case');
    case 'operation':
      return operationName(expression);
    case 'subquery':
      return subqueryName(expression);
    case 'literal':
    case 'unsupported':
      return undefined;
  }
}

function operationName({ name, operands, result }: Extract<Expression, { kind: 'operation' }>): ColumnName | undefined {
  if (name !== undefined) return { name };
  const [first] = operands;
  // COLLATE and subscripts keep the name of what they are applied to.
  return first !== undefined && (result.rule === 'first' || result.rule === 'element') ? nameOf(first) : undefined;
}

function subqueryName({ form, query }: Extract<Expression, { kind: 'subquery' }>): ColumnName | undefined {
  if (form === 'exists' || form === 'array') return { name: form };
  if (form === 'json array') return { name: 'json_array' };
  return form === 'test' ? undefined : firstColumnName(query);
}

function firstColumnName({ body }: Query): ColumnName | undefined {
  if (body.kind === 'set') return firstColumnName(body.left);
  if (body.kind === 'values') return { name: 'column1' };
  const [target] = body.targets;
  if (target === undefined) return undefined;
  return named(target.name ?? columnName(target.expression));
}

function named(name: string | undefined): ColumnName | undefined {
  return name === undefined ? undefined : { name };
}

function weak(name: string | undefined): ColumnName | undefined {
  return name === undefined ? undefined : { name, isWeak: true };
}

function strong(name: ColumnName | undefined): ColumnName | undefined {
  return name?.isWeak === true ? undefined : name;
}
