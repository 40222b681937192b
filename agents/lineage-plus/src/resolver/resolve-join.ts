import type { JoinItem } from '../sql/ast.ts';
import { Flow } from './flow.ts';
import { NotUnderstood } from './not-understood.ts';
import type { Namespace, RangeColumn, Source } from './scope.ts';
import type { Trace } from './trace.ts';

/** Joins two sources: merges the columns of USING or NATURAL, which then stand first. ON is not looked at. */
export function resolveJoin(item: JoinItem, left: Source, right: Source, trace: Trace): Source {
  const names = item.natural ? commonNames(left.namespace, right.namespace) : item.using;
  const pairs = names.map((name) => [one(left.namespace, name), one(right.namespace, name)] as const);
  const keys = Flow.union(pairs.flat().map((column) => trace.use(column))).as('JOIN');
  const merged = pairs.map(([a, b]) => merge(item.type, a, b));
  const rest = ({ columns }: Namespace) => columns.filter(({ name }) => !names.includes(name));
  const usingItem =
    item.usingAlias === undefined ? [] : [{ name: item.usingAlias, schema: undefined, columns: merged }];
  return {
    namespace: {
      items: [...left.namespace.items, ...right.namespace.items, ...usingItem],
      columns: [...merged, ...rest(left.namespace), ...rest(right.namespace)],
    },
    rows: Flow.union([left.rows, right.rows, keys]),
  };
}

function commonNames(left: Namespace, right: Namespace): string[] {
  return left.columns.map(({ name }) => name).filter((name) => right.columns.some((column) => column.name === name));
}

function one(namespace: Namespace, name: string): RangeColumn {
  const [column, second] = namespace.columns.filter((candidate) => candidate.name === name);
  if (column === undefined || second !== undefined) throw new NotUnderstood(`the join column "${name}" is not unique`);
  return column;
}

/** PostgreSQL's rule: the outer side's column; of an inner join the left one, or the one that needs no conversion. */
function merge(type: JoinItem['type'], left: RangeColumn, right: RangeColumn): RangeColumn {
  const common = commonType(left.type, right.type);
  switch (type) {
    case 'full':
      return {
        name: left.name,
        flow: Flow.union([left.flow, right.flow]).through('TRANSFORMATION'),
        type: common,
        base: undefined,
      };
    case 'inner':
      return common !== left.type && common === right.type ? right : converted(left, common);
    case 'left':
      return converted(left, common);
    case 'right':
      return converted(right, common);
  }
}

function converted(column: RangeColumn, type: string | undefined): RangeColumn {
  if (type === undefined || column.type === undefined || column.type === type) return column;
  return { ...column, flow: column.flow.through('TRANSFORMATION'), type };
}

const wideningOrders = [
  ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision'],
  ['name', 'character', 'character varying', 'text'],
  ['date', 'timestamp without time zone', 'timestamp with time zone'],
];

/** The type that two join columns meet in; one that equals neither where we do not know; undefined where theirs are not. */
function commonType(left: string | undefined, right: string | undefined): string | undefined {
  if (left === undefined || right === undefined) return undefined;
  const [a, b] = [bare(left), bare(right)];
  if (left === right) return left;
  if (a === b) return a;
  const order = wideningOrders.find((types) => types.includes(a) && types.includes(b));
  if (order === undefined) return '';
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}

function bare(type: string): string {
  return type.replace(/\(.*?\)/, '').trim();
}
