import { findObject, type Json } from './json-reader.ts';
import { refuse } from './refusal.ts';

/** Judges one value and returns its canonical form; undefined leaves it out. Throws a Refusal with the rule `at`. */
export type Judge = (value: Json, at: string) => unknown;

/**
 * An object with these fields: several names of one kind share a key, `!` marks a required one. Null counts as absent. A
 * name that is not here is refused, and so is one in another spelling: the daemon would fold its case.
 */
export function object(fields: Record<string, Judge>): Judge {
  const named = Object.entries(fields).flatMap(([names, judge]) => names.split(' ').map((name) => ({ name, judge })));
  const judges = new Map(named.map(({ name, judge }) => [name.replace('!', ''), judge]));
  const required = named.filter(({ name }) => name.endsWith('!')).map(({ name }) => name.slice(0, -1));
  return (value, at) => {
    const canonical: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(findObject(value) ?? refuse(at, 'must be an object'))) {
      const judge = judges.get(key) ?? refuse(`${at}.unknown-key`, 'is not in the positive list of fields');
      const judged = inner === null ? undefined : judge(inner, `${at}.${key}`);
      if (judged !== undefined) canonical[key] = judged;
    }
    for (const key of required) if (canonical[key] === undefined) refuse(`${at}.${key}`, 'is required');
    return Object.keys(canonical).length === 0 ? undefined : canonical;
  };
}

const ZEROS = ['""', '0', 'false', '[]', '[0,0]', '{}'];

/** One of these values, of which the zero values of Go count as absent. */
export function oneOf(...values: Json[]): Judge {
  const allowed = values.map((value) => JSON.stringify(value));
  return (value, at) => {
    const text = JSON.stringify(value);
    if (!allowed.includes(text)) refuse(at, `must be ${['absent', ...allowed].join(' or ')}`);
    return ZEROS.includes(text) ? undefined : value;
  };
}

export const boolean: Judge = (value, at) => (typeof value === 'boolean' ? value : refuse(at, 'must be true or false'));

/** A number from `least` to `most`; the JSON reader lets whole ones through only. */
export function whole(least: number, most: number): Judge {
  return (value, at) =>
    typeof value === 'number' && value >= least && value <= most
      ? value
      : refuse(at, `must be a whole number from ${least} to ${most}`);
}

export function text(pattern: RegExp, why: string): Judge {
  return (value, at) => (typeof value === 'string' && pattern.test(value) ? value : refuse(at, why));
}

/** What `judge` says, or the zero value that stands for absence. */
export function orZero(zero: '' | 0, judge: Judge): Judge {
  return (value, at) => (value === zero ? undefined : judge(value, at));
}

/** A list, empty counting as absent; a rule names the list, not the place in it. `key` must differ from entry to entry. */
export function listOf(entry: Judge, most: number, key?: (entry: unknown) => unknown): Judge {
  return (value, at) => {
    if (!Array.isArray(value) || value.length > most) return refuse(at, `must be a list of at most ${most} entries`);
    const judged = value.map((item) => entry(item, at));
    if (key && new Set(judged.map(key)).size !== judged.length) refuse(at, 'names something twice');
    return judged.length === 0 ? undefined : judged;
  };
}

/** An object with free keys of one pattern, empty counting as absent. */
export function mapOf(key: RegExp, entry: Judge): Judge {
  return (value, at) => {
    const entries = Object.entries(findObject(value) ?? refuse(at, 'must be an object'));
    if (entries.length > 64 || !entries.every(([name]) => key.test(name))) refuse(at, 'has a key that is not allowed');
    if (entries.length === 0) return undefined;
    return Object.fromEntries(entries.map(([name, inner]) => [name, entry(inner, at)]));
  };
}
