import type { SetOperation } from '../sql/ast.ts';
import { Flow } from './flow.ts';
import { meetingColumn } from './meeting-column.ts';
import { NotUnderstood } from './not-understood.ts';
import type { Table } from './scope.ts';
import type { Trace } from './trace.ts';
import type { TypeInference } from './type-inference.ts';

/** The result of UNION, INTERSECT or EXCEPT. Throws NotUnderstood. */
export function combineSets(
  operator: SetOperation['operator'],
  left: Table,
  right: Table,
  types: TypeInference,
  trace: Trace,
): Table {
  const open = left.open ?? right.open;
  if (open !== undefined) {
    trace.note(open);
    return { columns: [], rows: Flow.union([left.rows, right.rows]), open };
  }
  if (left.columns.length !== right.columns.length) throw new NotUnderstood('its set operation has unequal columns');
  const columns = left.columns.map((column, index) => {
    const other = right.columns[index];
    if (other === undefined) return column;
    // EXCEPT takes no value from its right side, it only decides which rows stay.
    const taken = operator === 'except' ? { ...other, flow: Flow.none, unclear: undefined } : other;
    return meetingColumn([column, taken], types);
  });
  const rows = [left.rows, right.rows];
  if (operator === 'except') rows.push(Flow.union(right.columns.map((column) => trace.use(column))).as('FILTER'));
  return { columns, rows: Flow.union(rows) };
}
