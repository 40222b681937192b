import { type BatchAgentType, batchAgent } from '@bigeye/contracts';
import { sentenceOf } from '../../lib/format.ts';

/** How one parameter of an agent is asked for. */
export interface ParameterField {
  name: string;
  label: string;
  help: string | undefined;
  optional: boolean;
  input:
    | { kind: 'text' }
    | { kind: 'list' }
    | { kind: 'switch' }
    | { kind: 'number' }
    | { kind: 'choice'; choices: string[] };
  initial: unknown;
}

/** What is read of a zod schema; its own types are too wide to walk. */
interface Schema {
  description?: string | undefined;
  def: { type: string; innerType?: Schema; defaultValue?: unknown; entries?: Record<string, string> };
}

/** The fields of an agent type's form, from the schema that the server checks with. */
export function parameterFieldsOf(agentType: BatchAgentType): ParameterField[] {
  return Object.entries(batchAgent(agentType).parameters.shape as unknown as Record<string, Schema>).map(
    ([name, schema]) => {
      const { inner, optional, initial } = unwrap(schema);
      return {
        name,
        label: sentenceOf(name),
        help: schema.description ?? inner.description,
        optional,
        input: inputFor(name, inner),
        initial: initial ?? emptyFor(inner),
      };
    },
  );
}

function unwrap(schema: Schema): { inner: Schema; optional: boolean; initial: unknown } {
  let inner = schema;
  let optional = false;
  let initial: unknown;
  while (inner.def.innerType) {
    optional = true;
    initial ??= inner.def.defaultValue;
    inner = inner.def.innerType;
  }
  return { inner, optional, initial };
}

function inputFor(name: string, { def }: Schema): ParameterField['input'] {
  switch (def.type) {
    case 'string':
      return { kind: 'text' };
    case 'array':
      return { kind: 'list' };
    case 'boolean':
      return { kind: 'switch' };
    case 'number':
      return { kind: 'number' };
    case 'enum':
      return { kind: 'choice', choices: Object.values(def.entries ?? {}) };
    default:
      throw new TypeError(`the form knows no input for ${name}, a ${def.type}`);
  }
}

function emptyFor({ def }: Schema): unknown {
  if (def.type === 'array') return [];
  if (def.type === 'boolean') return false;
  return '';
}

/** What the form holds, without the optional ones that were left empty or off. */
export function parametersOf(fields: ParameterField[], values: Record<string, unknown>): Record<string, unknown> {
  const isLeftOut = ({ name, optional }: ParameterField) =>
    optional && (values[name] === '' || values[name] === false || values[name] === undefined);
  return Object.fromEntries(fields.filter((field) => !isLeftOut(field)).map(({ name }) => [name, values[name]]));
}
