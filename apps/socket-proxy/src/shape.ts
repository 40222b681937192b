import { findObject, type Json } from './json-reader.ts';
import { Refusal } from './refusal.ts';

/** Judges one value and returns its canonical form; undefined leaves it out. Throws a Refusal with the rule `at`. */
export type Judge = (value: Json, at: string) => unknown;
export type Names = Record<string, Judge | RegExp | readonly string[] | number>;

const ZEROS = ['""', '0', 'false', '[]', '{}'];

/** Refuses under the rule `at`. The value itself is never repeated: it may be a secret, and messages are shown and kept. */
export function refuse(at: string, why: string): never {
  throw new Refusal(at, `${at} ${why}.`);
}

/**
 * Builds the judge of an object from a table of its fields, one line each: names, two spaces or more, what they may be.
 * `!` marks a required field; `{` opens a table for the object in it, up to `}`. What they may be is a choice, by `|`, of
 * JSON literals (of which the zero values count as absent and are left out), `boolean`, ranges as `1..8` or `1..pids`, and
 * `names`: a pattern for a string, a list of strings to choose from, the end of a range, or a judge. Null counts as absent. A key that is not in the table is refused,
 * and so is one in another spelling: the daemon would fold its case.
 */
export function shape(table: string, names: Names): Judge {
  const lines = table.trim().split('\n');
  const readTable = (): Judge => {
    const fields = new Map<string, Judge>();
    const required: string[] = [];
    for (let line = lines.shift(); line !== undefined && line.trim() !== '}'; line = lines.shift()) {
      const [left = '', right = ''] = line.trim().split(/ {2,}/);
      const judge = right === '{' ? readTable() : choice(right, names);
      for (const name of left.split(' ')) {
        fields.set(name.replace('!', ''), judge);
        if (name.endsWith('!')) required.push(name.slice(0, -1));
      }
    }
    return (value, at) => judgeObject(value, at, fields, required);
  };
  return readTable();
}

function judgeObject(value: Json, at: string, fields: Map<string, Judge>, required: string[]): unknown {
  const canonical: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(findObject(value) ?? refuse(at, 'must be an object'))) {
    const judge = fields.get(key) ?? refuse(`${at}.unknown-key`, 'is not in the positive list of fields');
    const judged = inner === null ? undefined : judge(inner, `${at}.${key}`);
    if (judged !== undefined) canonical[key] = judged;
  }
  for (const key of required) if (canonical[key] === undefined) refuse(`${at}.${key}`, 'is required');
  return Object.keys(canonical).length === 0 ? undefined : canonical;
}

function choice(text: string, names: Names): Judge {
  const options = text.split(' | ').map((option) => readOption(option, names));
  return (value, at) => {
    for (const option of options) {
      const judged = option(value, at);
      if (judged !== MISMATCH) return judged;
    }
    return refuse(at, `must be absent or ${text}`);
  };
}

const MISMATCH = Symbol('mismatch');

function readOption(option: string, names: Names): Judge {
  const [, least, most = ''] = /^(\d+)\.\.(\w+)$/.exec(option) ?? [];
  const end = Number(names[most] ?? most);
  if (least) return (value) => (typeof value === 'number' && value >= Number(least) && value <= end ? value : MISMATCH);
  if (option === 'boolean') return (value) => (typeof value === 'boolean' ? value : MISMATCH);
  const name = names[option];
  if (typeof name === 'function') return name;
  if (name instanceof RegExp) return (value) => (typeof value === 'string' && name.test(value) ? value : MISMATCH);
  if (Array.isArray(name)) return (value) => (name.includes(value) ? value : MISMATCH);
  JSON.parse(option);
  return (value) => (JSON.stringify(value) !== option ? MISMATCH : ZEROS.includes(option) ? undefined : value);
}

/** The judge of a list, empty counting as absent; a rule names the list, not the place in it. `key` must differ from entry to entry. */
export function listOf(entry: Judge, most: number, key?: (entry: unknown) => unknown): Judge {
  return (value, at) => {
    if (!Array.isArray(value) || value.length > most) return refuse(at, `must be a list of at most ${most} entries`);
    const judged = value.map((item) => entry(item, at));
    if (key && new Set(judged.map(key)).size !== judged.length) refuse(at, 'names something twice');
    return judged.length === 0 ? undefined : judged;
  };
}

/** The judge of a string. */
export function textOf(pattern: RegExp, why: string): Judge {
  return (value, at) => (typeof value === 'string' && pattern.test(value) ? value : refuse(at, why));
}

/** The judge of a map with free keys of one pattern, empty counting as absent. */
export function mapOf(key: RegExp, entry: Judge): Judge {
  return (value, at) => {
    const entries = Object.entries(findObject(value) ?? refuse(at, 'must be an object'));
    if (entries.length > 64 || !entries.every(([name]) => key.test(name))) refuse(at, 'has a key that is not allowed');
    return entries.length === 0
      ? undefined
      : Object.fromEntries(entries.map(([name, inner]) => [name, entry(inner, at)]));
  };
}
