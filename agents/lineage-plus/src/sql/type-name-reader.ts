import { type Node, type TypeName as PgTypeName, parseSync } from 'libpg-query';
import type { TypeName } from './ast.ts';
import { names } from './pg-nodes.ts';

/** Translates the name of a type. Its modifiers become a text that is equal for equal types: `numeric(10)` is `10,0`. */
export function toTypeName(type: PgTypeName): TypeName {
  const path = names(type.names);
  const modifiers = (type.typmods ?? []).map(modifierText);
  const isNumeric = path.at(-1) === 'numeric' && modifiers.length === 1;
  return {
    path,
    modifiers: [...modifiers, ...(isNumeric ? ['0'] : [])].join(','),
    isArray: (type.arrayBounds?.length ?? 0) > 0,
  };
}

/** Reads a type as PostgreSQL prints it (`format_type`). Undefined for what is no type's name, such as `???`. */
export function parseTypeName(text: string): TypeName | undefined {
  try {
    const statement = parseSync(`SELECT NULL::${text}`).stmts?.[0]?.stmt;
    const target =
      statement !== undefined && 'SelectStmt' in statement ? statement.SelectStmt.targetList?.[0] : undefined;
    const value = target !== undefined && 'ResTarget' in target ? target.ResTarget.val : undefined;
    const type = value !== undefined && 'TypeCast' in value ? value.TypeCast.typeName : undefined;
    return type === undefined ? undefined : toTypeName(type);
  } catch {
    return undefined;
  }
}

/** A type of PostgreSQL's own by its short name. */
export function builtIn(name: string, isArray = false): TypeName {
  return { path: ['pg_catalog', name], modifiers: '', isArray };
}

function modifierText(node: Node): string {
  if ('A_Const' in node) {
    const { ival, fval, sval } = node.A_Const;
    return String(ival === undefined ? (fval?.fval ?? sval?.sval ?? '') : (ival.ival ?? 0));
  }
  return 'ColumnRef' in node ? names(node.ColumnRef.fields).join('.') : '?';
}
