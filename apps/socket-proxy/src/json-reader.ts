import { Refusal } from './refusal.ts';

export type JsonObject = { [key: string]: Json };
export type Json = null | boolean | number | string | Json[] | JsonObject;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g;
const WHOLE_NUMBER = /^(?:0|-?[1-9]\d{0,15})$/;

/**
 * Reads one JSON document so strictly that no other reader can see another document in the same bytes. JSON.parse holds
 * the grammar; on top of it: UTF-8 without a byte order mark, no key twice, whole numbers within 2^53 in one spelling,
 * no lone surrogate. Go merges duplicate keys, folds their case and accepts a trailing bracket; none of it comes so far.
 * Throws a Refusal whose rule begins with `json.`.
 */
export function readJson(bytes: Uint8Array): Json {
  let distinctKeys = 0;
  const reviver = function (this: unknown, key: string, value: unknown, context: { source?: string }): unknown {
    if (!Array.isArray(this)) distinctKeys += 1;
    if (typeof value === 'number' && !(WHOLE_NUMBER.test(context.source ?? '') && Number.isSafeInteger(value)))
      throw fault('number', 'has a number that is not a plain whole number within 2^53');
    if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed()))
      throw fault('surrogate', 'has a lone surrogate');
    return value;
  };
  try {
    const text = utf8.decode(bytes);
    const document: Json = JSON.parse(text, reviver as (this: unknown, key: string, value: unknown) => unknown);
    // The reviver sees each distinct key once, and the document itself under the key "". A key that is written twice, or
    // inside of a value that a second key replaced, is in the text but not among them.
    let writtenKeys = 1;
    for (const match of text.matchAll(STRING)) if (match[1] !== undefined) writtenKeys += 1;
    if (writtenKeys !== distinctKeys) throw fault('duplicate-key', 'has a key twice');
    return document;
  } catch (cause) {
    throw cause instanceof Refusal ? cause : fault('syntax', 'is not strict JSON in UTF-8');
  }
}

/** The value if it is an object, otherwise undefined. */
export function findObject(value: Json | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

function fault(rule: string, what: string): Refusal {
  return new Refusal(`json.${rule}`, `The JSON document ${what}.`, 400);
}
