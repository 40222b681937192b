import { readFileSync } from 'node:fs';
import {
  AppError,
  type ConnectorDescriptor,
  type ConnectorField,
  type ConnectorType,
  connectorTypes,
} from '@bigeye/contracts';
import type { Command } from 'commander';
import type { Terminal } from '../terminal.ts';

/** A flag of `add-connector` without its dashes → what was given. Commander writes it in camel case. */
export type FieldFlags = Record<string, unknown>;

const descriptors: [string, ConnectorDescriptor][] = Object.entries(connectorTypes);
const visible = 'visible to others of this machine while the command runs; see';

/** The flags of all fields of all connectors; a field that two of them have is one flag. */
export function withFieldFlags(command: Command): Command {
  for (const [field, { type }] of fieldsOfAll()) {
    const flag = flagOf(field);
    if (type === 'secret') {
      command.option(`${flag} <value>`, `${visible} ${flag}-file`);
      command.option(`${flag}-file <path>`, `file that holds it`);
    } else if (type === 'list') command.option(`${flag} <list>`, joined([helpOf(field), 'separated by commas']));
    else command.option(`${flag} <value>`, helpOf(field));
  }
  return command;
}

/** Values of one connection, from flags, files and questions. Throws USAGE. */
export async function askFields(terminal: Terminal, type: ConnectorType, flags: FieldFlags): Promise<FieldFlags> {
  const { fields }: ConnectorDescriptor = connectorTypes[type];
  const foreign = fieldsOfAll().find(([field]) => !Object.hasOwn(fields, field) && given(flags, field) !== undefined);
  if (foreign)
    throw new AppError('USAGE', { reason: `${flagOf(foreign[0])}: a ${type} connection has no such value.` });
  const values: FieldFlags = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = await askField(terminal, { name, field }, flags);
    if (value !== undefined) values[name] = field.type === 'list' ? value.split(',').map((part) => part.trim()) : value;
  }
  return values;
}

async function askField(
  terminal: Terminal,
  { name, field }: { name: string; field: ConnectorField },
  flags: FieldFlags,
): Promise<string | undefined> {
  const flag = flagOf(name);
  const isSecret = field.type === 'secret';
  const file = isSecret ? given(flags, `${name}-file`) : undefined;
  if (file !== undefined) return readText(file, `${flag}-file`).replace(/\r?\n$/, '');
  const value = given(flags, name);
  if (value !== undefined || field.question === undefined) return value;
  if (isSecret) return await terminal.askSecret({ flag: `${flag} or ${flag}-file`, message: field.question });
  return await terminal.askText({ flag, message: field.question });
}

/** Throws USAGE. */
export function readText(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('USAGE', { reason: `${flag}: ${reason}` }, { cause });
  }
}

function fieldsOfAll(): [name: string, field: ConnectorField][] {
  const all = descriptors.flatMap(([, { fields }]) => Object.entries(fields));
  return [...new Map(all.toReversed())].toReversed();
}

/** Where two connectors say different things of a field, each says for whom it speaks. */
function helpOf(name: string): string | undefined {
  const said = descriptors.flatMap(([type, { fields }]) =>
    fields[name]?.help ? [{ type, help: fields[name].help }] : [],
  );
  const [first, ...others] = said;
  if (others.every(({ help }) => help === first?.help)) return first?.help;
  return said.map(({ type, help }) => `${type}: ${help}`).join('; ');
}

const joined = (parts: (string | undefined)[]): string => parts.filter((part) => part !== undefined).join(', ');
const flagOf = (field: string): string => `--${field.replaceAll('_', '-')}`;

function given(flags: FieldFlags, field: string): string | undefined {
  const value = flags[field.replace(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase())];
  return typeof value === 'string' ? value : undefined;
}
