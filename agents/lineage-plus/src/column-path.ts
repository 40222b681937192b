import { AgentFailure } from '@bigeye/agent-kit';
import type { Column, Relation } from './resolver/catalog.ts';

/** One name of a path, as PostgreSQL reads it: in double quotes it is meant as it stands. */
interface PathName {
  readonly name: string;
  readonly quoted: boolean;
}

/** A column as a person writes it: `shop.public.orders.total`, `shop.public."odd.name"."c"`. */
export interface ColumnPath {
  readonly text: string;
  readonly names: readonly PathName[];
}

const howToWrite =
  'Write it as database.schema.table.column, with a name in double quotes where it holds a dot, a quote or capitals: shop.public."odd.name".total.';

/** Throws AgentFailure `usage` where quotes do not match up. */
export function parseColumnPath(text: string): ColumnPath {
  const names: PathName[] = [];
  const next = /(?:"((?:[^"]|"")+)"|([^".]+))(\.|$)/y;
  while (next.lastIndex < text.length) {
    const match = next.exec(text);
    if (match === null || (match[3] === '' && next.lastIndex < text.length) || text.endsWith('.'))
      throw new AgentFailure('usage', `"${text}" is not the name of a column.`, howToWrite);
    const [, quoted, plain = ''] = match;
    names.push({ name: quoted?.replaceAll('""', '"') ?? plain, quoted: quoted !== undefined });
    if (match[3] === '') break;
  }
  return { text, names };
}

/** Whether a path may begin with this database. */
export function isInDatabase({ text, names }: ColumnPath, database: string): boolean {
  const [first] = names;
  return first !== undefined && (matches(first, database) || text.startsWith(`${database}.`));
}

/**
 * The one column of a path. A path without quotes may also spell a name with dots as it stands, as long as only one column
 * can be meant. Throws AgentFailure `usage` with the candidates.
 */
export function findColumn(path: ColumnPath, database: string, relations: Iterable<Relation>): Column {
  const columns = [...relations].flatMap((relation) => relation.columns);
  const fullName = (column: Column) => [database, ...namesOf(column)];
  const folded = columns.filter((column) => isNamed(path, fullName(column)));
  const exact = folded.filter((column) => fullName(column).every((name, index) => name === path.names[index]?.name));
  const isPlain = path.names.every(({ quoted }) => !quoted);
  const spelt = isPlain ? columns.filter((column) => fullName(column).join('.') === path.text) : [];
  const candidates = [...new Set([...(exact.length > 0 ? exact : folded), ...spelt])];
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  if (candidates.length > 1)
    throw new AgentFailure('usage', `"${path.text}" can be several columns.`, `Use ${listed(candidates, database)}.`);
  const similar = columns.filter((column) => isSimilar(path, namesOf(column)));
  throw new AgentFailure(
    'usage',
    `There is no column "${path.text}".`,
    similar.length === 0 ? howToWrite : `Use one of ${listed(similar, database)}.`,
  );
}

/** A column's name as it can be given back, quoted where it must be. */
export function pathOf(column: Column): string {
  return namesOf(column).map(quotedIfNeeded).join('.');
}

const listedCandidates = 20;

function listed(columns: readonly Column[], database: string): string {
  const names = columns.slice(0, listedCandidates).map((column) => `${quotedIfNeeded(database)}.${pathOf(column)}`);
  const left = columns.length - names.length;
  return names.join(', ') + (left > 0 ? ` and ${left} more` : '');
}

const namesOf = ({ relation, name }: Column) => [relation.schema, relation.name, name];

/** PostgreSQL folds what is not quoted to lower case; what is written as it is stored is taken too. */
const matches = ({ name, quoted }: PathName, stored: string) =>
  name === stored || (!quoted && name.toLowerCase() === stored);

function isNamed({ names }: ColumnPath, stored: readonly string[]): boolean {
  return (
    names.length === stored.length &&
    stored.every((name, index) => names[index] !== undefined && matches(names[index], name))
  );
}

/** The same table, or the same column of a table of that name. */
function isSimilar({ text, names }: ColumnPath, [, relation = '', column = '']: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return (
    names.at(-2)?.name.toLowerCase() === relation.toLowerCase() ||
    lower.endsWith(`.${relation}.${column}`.toLowerCase())
  );
}

const quotedIfNeeded = (name: string) => (/^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
