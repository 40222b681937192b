import type { JoinItem } from '../sql/ast.ts';
import type { SqlType } from '../types/sql-type.ts';
import { Flow } from './flow.ts';
import { NotUnderstood } from './not-understood.ts';
import type { Namespace, RangeColumn, Source } from './scope.ts';
import type { Trace } from './trace.ts';
import type { TypeInference } from './type-inference.ts';

/** Joins two sources: merges the columns of USING or NATURAL, which then stand first. ON is not looked at. */
export class JoinResolver {
  readonly #trace: Trace;
  readonly #types: TypeInference;

  constructor(trace: Trace, types: TypeInference) {
    this.#trace = trace;
    this.#types = types;
  }

  join(item: JoinItem, left: Source, right: Source): Source {
    const names = item.natural ? commonNames(left.namespace, right.namespace) : item.using;
    const pairs = names.map((name) => [one(left.namespace, name), one(right.namespace, name)] as const);
    const keys = Flow.union(pairs.flat().map((column) => this.#trace.use(column))).as('JOIN');
    const merged = pairs.map(([a, b]) => this.#merge(item.type, a, b));
    const rest = ({ columns }: Namespace) => columns.filter(({ name }) => !names.includes(name));
    const open = left.namespace.open ?? right.namespace.open;
    const usingItem =
      item.usingAlias === undefined ? [] : [{ name: item.usingAlias, schema: undefined, columns: merged }];
    const columns = [...merged, ...rest(left.namespace), ...rest(right.namespace)];
    // Which columns NATURAL merges cannot be told if not all of them are known.
    const isOpenNatural = item.natural && open !== undefined;
    if (isOpenNatural) this.#trace.note(open);
    return {
      namespace: {
        items: [...left.namespace.items, ...right.namespace.items, ...usingItem],
        columns: isOpenNatural ? columns.map((column) => ({ ...column, flow: Flow.none, unclear: open })) : columns,
        open,
      },
      rows: Flow.union([left.rows, right.rows, keys]),
    };
  }

  /** PostgreSQL's rule: the outer side's column; of an inner join the left one, or the one that needs no conversion. */
  #merge(type: JoinItem['type'], left: RangeColumn, right: RangeColumn): RangeColumn {
    const unclear = left.unclear ?? right.unclear;
    const common = this.#types.common([left.type(), right.type()]);
    const merged = { name: left.name, type: () => common, base: undefined, unclear };
    if (type === 'full') return { ...merged, flow: Flow.union([left.flow, right.flow]).through('TRANSFORMATION') };
    const reason = unclear ?? `the type of the join column "${left.name}" is not known`;
    if (common === undefined || unclear !== undefined) return this.#unclear(merged, type, left, right, reason);
    const isLeft = type === 'left' || (type === 'inner' && (isOf(left, common) || !isOf(right, common)));
    const chosen = isLeft ? left : right;
    if (isOf(chosen, common)) return { ...chosen, name: left.name };
    return { ...merged, base: chosen.base, flow: chosen.flow.through('TRANSFORMATION') };
  }

  /** Without types, the outer side's column is known, but whether it is converted is known of a computed one only. */
  #unclear(
    merged: Omit<RangeColumn, 'flow'>,
    type: JoinItem['type'],
    left: RangeColumn,
    right: RangeColumn,
    reason: string,
  ): RangeColumn {
    const { flow } = type === 'left' ? left : right;
    const isCertain = type !== 'inner' && flow.equals(flow.through('TRANSFORMATION')) && merged.unclear === undefined;
    return isCertain ? { ...merged, flow } : { ...merged, flow: Flow.none, unclear: reason };
  }
}

function isOf(column: RangeColumn, common: SqlType): boolean {
  const type = column.type();
  return type?.info === common.info && type.modifiers === common.modifiers;
}

function commonNames(left: Namespace, right: Namespace): string[] {
  return left.columns.map(({ name }) => name).filter((name) => right.columns.some((column) => column.name === name));
}

function one({ columns, open }: Namespace, name: string): RangeColumn {
  const [column, second] = columns.filter((candidate) => candidate.name === name);
  if (column !== undefined && second === undefined) return column;
  if (column === undefined && open !== undefined)
    return { name, flow: Flow.none, type: () => undefined, base: undefined, unclear: open };
  throw new NotUnderstood(`the join column "${name}" is not unique`);
}
