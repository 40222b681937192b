import { Refusal } from './refusal.ts';

export type JsonObject = { [key: string]: Json };
export type Json = null | boolean | number | string | Json[] | JsonObject;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const STRINGS = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
const WHOLE_NUMBER = /^(?:0|-?[1-9]\d{0,15})$/;

/**
 * Reads one JSON document so strictly that no other reader can see another document in the same bytes. JSON.parse holds
 * the grammar; on top of it: UTF-8 without a byte order mark, no key twice, whole numbers within 2^53 in one spelling,
 * no lone surrogate. Go merges duplicate keys, folds their case and accepts a trailing bracket; none of it comes so far.
 * Throws a Refusal whose rule begins with `json.`.
 */
export function readJson(bytes: Uint8Array): Json {
  try {
    const text = utf8.decode(bytes);
    const document: Json = JSON.parse(text);
    const skeleton = text.replace(STRINGS, '');
    for (const [number] of skeleton.matchAll(/-?\d[\d.eE+-]*/g))
      if (!WHOLE_NUMBER.test(number) || !Number.isSafeInteger(Number(number)))
        throw fault('number', 'has a number that is not a plain whole number within 2^53');
    // A key that is written twice, or inside of a value that a second key replaced, is in the text only.
    if (skeleton.split(':').length - 1 !== countKeys(document)) throw fault('duplicate-key', 'has a key twice');
    return document;
  } catch (cause) {
    throw cause instanceof Refusal ? cause : fault('syntax', 'is not strict JSON in UTF-8');
  }
}

function countKeys(value: Json): number {
  if (typeof value === 'string') checkSurrogates(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, inner) => sum + countKeys(inner), 0);
  const keys = Object.keys(value);
  keys.forEach(checkSurrogates);
  // V8 may take an escaped quote for the backslash of a key that it read before. No key of ours has one.
  if (keys.some((key) => key.includes('\\'))) throw fault('key', 'has a key with a backslash');
  return Object.values(value).reduce<number>((sum, inner) => sum + countKeys(inner), keys.length);
}

function checkSurrogates(text: string): void {
  if (!text.isWellFormed()) throw fault('surrogate', 'has a lone surrogate');
}

function fault(rule: string, what: string): Refusal {
  return new Refusal(`json.${rule}`, `The JSON document ${what}.`, 400);
}

/** The value if it is an object, otherwise null or undefined. */
export function findObject(value: Json | undefined): JsonObject | null | undefined {
  return typeof value === 'object' && !Array.isArray(value) ? value : undefined;
}
