import type { Json } from './json-reader.ts';
import { Refusal } from './refusal.ts';

/** Judges one value and returns its canonical form; undefined leaves it out. Throws a Refusal with the rule `at`. */
export type Judge = (value: Json, at: string) => unknown;

/** Refuses under the rule `at`. The value itself is never repeated: it may be a secret, and the message is logged. */
export function refuse(at: string, why: string): never {
  throw new Refusal(at, `${at.replace(/^create\./, '')} ${why}.`);
}

const one =
  (test: (value: Json) => boolean, why: string): Judge =>
  (value, at) =>
    test(value) ? value : refuse(at, why);

export const flag = one((value) => typeof value === 'boolean', 'must be true or false');
export const mustBeTrue = one((value) => value === true, 'must be true');
export const text = (pattern: RegExp, why: string): Judge =>
  one((value) => typeof value === 'string' && pattern.test(value), why);
export const oneOf = (allowed: readonly string[]): Judge =>
  one((value) => allowed.includes(value as string), `must be one of ${allowed.join(', ')}`);
export const between = (least: number, most: number): Judge =>
  one(
    (value) => typeof value === 'number' && value >= least && value <= most,
    `must be a number from ${least} to ${most}`,
  );

/** Like the judge, but the zero value of the field counts as absent, as it does for the daemon. */
export const orZero =
  (zero: '' | 0, judge: Judge): Judge =>
  (value, at) =>
    value === zero ? undefined : judge(value, at);

/** Must be absent or the zero value of its own type, and is left out either way. */
const absentOr =
  (isZero: (value: Json) => boolean): Judge =>
  (value, at) =>
    isZero(value) ? undefined : refuse(at, 'must not be set');
export const never = absentOr(() => false);
export const noFlag = absentOr((value) => value === false);
export const noNumber = absentOr((value) => value === 0);
export const noText = absentOr((value) => value === '');
export const noList = absentOr((value) => Array.isArray(value) && value.length === 0);
export const noMap = absentOr((value) => value instanceof Map && value.size === 0);

/** The same judge for many fields, named in one string. */
export const fields = (names: string, judge: Judge): Record<string, Judge> =>
  Object.fromEntries(names.split(' ').map((name) => [name, judge]));

/** A list, empty counting as absent; a rule names the list, not the position in it. */
export const list =
  (item: Judge, most = 64): Judge =>
  (value, at) => {
    if (!Array.isArray(value)) return refuse(at, 'must be a list');
    if (value.length > most) return refuse(at, `must have at most ${most} entries`);
    return value.length === 0 ? undefined : value.map((entry) => item(entry, at));
  };

/** A map with free keys of one pattern, empty counting as absent. */
export const record =
  (key: RegExp, entry: Judge): Judge =>
  (value, at) => {
    if (!(value instanceof Map)) return refuse(at, 'must be an object');
    if (value.size > 64) return refuse(at, 'must have at most 64 entries');
    for (const name of value.keys()) if (!key.test(name)) refuse(at, 'has a key that is not in the positive list');
    return value.size === 0
      ? undefined
      : Object.fromEntries([...value].map(([name, inner]) => [name, entry(inner, at)]));
  };

/** An object of known keys in one spelling; null counts as absent, `required` keys must be there. An object left empty is left out. */
export const object =
  (spec: Record<string, Judge>, required: readonly string[] = []): Judge =>
  (value, at) => {
    if (!(value instanceof Map)) return refuse(at, 'must be an object');
    const canonical: Record<string, unknown> = {};
    for (const [name, inner] of value) {
      const judge = Object.hasOwn(spec, name) ? spec[name] : undefined;
      if (!judge) refuse(`${at}.unknown-key`, 'is not in the positive list of fields');
      const judged = inner === null ? undefined : judge(inner, `${at}.${name}`);
      if (judged !== undefined) canonical[name] = judged;
    }
    for (const name of required) if (canonical[name] === undefined) refuse(`${at}.${name}`, 'is required');
    return Object.keys(canonical).length === 0 ? undefined : canonical;
  };
