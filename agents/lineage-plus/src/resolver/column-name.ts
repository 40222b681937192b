import type { Expression } from '../sql/ast.ts';

const unnamed = '?column?';

/** The name that PostgreSQL gives to an output column without AS. */
export function columnName(expression: Expression): string {
  return nameOf(expression) ?? unnamed;
}

function nameOf(expression: Expression): string | undefined {
  switch (expression.kind) {
    case 'column':
    case 'star':
    case 'call':
      return expression.path.at(-1);
    case 'field':
      return expression.name;
    case 'cast':
      return nameOf(expression.operand) ?? expression.typeName;
    case 'case':
      return (expression.otherwise === undefined ? undefined : nameOf(expression.otherwise)) ?? 'case';
    case 'operation':
      return expression.name;
    case 'subquery':
      return subqueryName(expression);
    case 'literal':
    case 'expand':
    case 'unsupported':
      return undefined;
  }
}

function subqueryName({ form, query }: Extract<Expression, { kind: 'subquery' }>): string | undefined {
  if (form === 'exists' || form === 'array') return form;
  const target = query.body.kind === 'select' ? query.body.targets[0] : undefined;
  if (form === 'test' || target === undefined) return undefined;
  return target.name ?? nameOf(target.expression);
}
