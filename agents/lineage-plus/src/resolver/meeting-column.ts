import { Flow } from './flow.ts';
import { once } from './once.ts';
import type { RangeColumn } from './scope.ts';
import type { TypeInference } from './type-inference.ts';

/** One column made of several, as in a set operation or VALUES. Values are passed on, also where their type is adapted. */
export function meetingColumn(parts: readonly RangeColumn[], types: TypeInference): RangeColumn {
  return {
    name: parts[0]?.name ?? '',
    flow: Flow.union(parts.map(({ flow }) => flow)),
    type: once(() => types.common(parts.map((part) => part.type()))),
    base: undefined,
    unclear: parts.find((part) => part.unclear !== undefined)?.unclear,
  };
}
