import { Refusal } from './refusal.ts';

/** Objects are Maps, so `__proto__` is a key like any other and nothing is inherited. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = Map<string, Json>;

const MAX_DEPTH = 16;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads one JSON document so strictly that no other reader can see another document in the same bytes: UTF-8 without a
 * byte order mark, no duplicate key, whole numbers within 2^53 in one spelling, no lone surrogate, nothing behind the end.
 * Go's reader merges duplicates, folds case, and accepts a trailing bracket; what it could read differently is refused here.
 * Throws a Refusal whose rule begins with `json.`.
 */
export function readJson(bytes: Uint8Array): Json {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw fault('utf8', 'is not valid UTF-8');
  }
  return new Reader(text).document();
}

function fault(rule: string, what: string): Refusal {
  return new Refusal(`json.${rule}`, `The JSON document ${what}.`, 400);
}

class Reader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  document(): Json {
    const value = this.value(0);
    this.skipSpace();
    if (this.at < this.text.length) throw fault('trailing', 'goes on behind its end');
    return value;
  }

  private value(depth: number): Json {
    if (depth > MAX_DEPTH) throw fault('depth', `is nested deeper than ${MAX_DEPTH} levels`);
    this.skipSpace();
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        return this.string();
      default:
        return this.literal();
    }
  }

  private object(depth: number): JsonObject {
    const entries: JsonObject = new Map();
    this.at += 1;
    if (this.take('}')) return entries;
    do {
      this.skipSpace();
      const key = this.string();
      if (entries.has(key)) throw fault('duplicate-key', 'has a key twice');
      if (!this.take(':')) throw fault('syntax', 'has a key without a value');
      entries.set(key, this.value(depth + 1));
    } while (this.take(','));
    if (!this.take('}')) throw fault('syntax', 'has an object without an end');
    return entries;
  }

  private array(depth: number): Json[] {
    const items: Json[] = [];
    this.at += 1;
    if (this.take(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.take(','));
    if (!this.take(']')) throw fault('syntax', 'has an array without an end');
    return items;
  }

  private string(): string {
    const start = this.at;
    if (this.text[start] !== '"') throw fault('syntax', 'has something else where a string belongs');
    let end = start + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    this.at = end + 1;
    let value: unknown;
    try {
      // The slice is one string token, for which JSON.parse and Go agree on all but lone surrogates.
      value = JSON.parse(this.text.slice(start, this.at));
    } catch {
      throw fault('string', 'has a malformed string');
    }
    if (typeof value !== 'string' || !value.isWellFormed()) throw fault('surrogate', 'has a lone surrogate');
    return value;
  }

  private literal(): null | boolean | number {
    const word = /[-+.\w]*/y;
    word.lastIndex = this.at;
    const token = word.exec(this.text)?.[0] ?? '';
    this.at += token.length;
    if (token === 'true') return true;
    if (token === 'false') return false;
    if (token === 'null') return null;
    if (!/^(?:0|-?[1-9]\d{0,15})$/.test(token)) throw fault('literal', 'has a value that is not a plain whole number');
    const number = Number(token);
    if (!Number.isSafeInteger(number)) throw fault('number', 'has a number beyond 2^53');
    return number;
  }

  private take(character: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private skipSpace(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? '!')) this.at += 1;
  }
}
