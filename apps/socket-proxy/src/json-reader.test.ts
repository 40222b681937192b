import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJson } from './json-reader.ts';
import { Refusal } from './refusal.ts';

const read = (text: string) => readJson(Buffer.from(text));

describe('the JSON reader', () => {
  test.each([
    ['a key twice', '{"a":1,"a":1}'],
    ['a key twice, once in escapes', '{"a":1,"\\u0061":1}'],
    ['a key twice in a nested object', '{"o":{"a":1,"b":{},"a":2}}'],
    ['a key twice whose first value is an object', '{"a":{"b":1},"a":null}'],
    ['a key twice in a list', '[{"a":1,"a":2}]'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
    ['a second document', '{}{}'],
    ['a trailing bracket', '{}]'],
    ['a trailing brace', '{}}'],
    ['a trailing NUL', '{}\0'],
    ['a trailing comma', '{"a":1,}'],
    ['a byte order mark', '\uFEFF{}'],
    ['a comment', '{/**/}'],
    ['single quotes', "{'a':1}"],
    ['a fraction', '1.5'],
    ['a whole number as a fraction', '1.0'],
    ['an exponent', '1e9'],
    ['minus zero', '-0'],
    ['a leading zero', '01'],
    ['2^53+1', '9007199254740993'],
    ['2^53', '9007199254740992'],
    ['Infinity', 'Infinity'],
    ['NaN', '[NaN]'],
    ['a lone surrogate', '"\\ud800"'],
    ['a lone surrogate in a key', '{"\\ud800":1}'],
    ['a raw line feed in a string', '"a\nb"'],
    ['a bad escape', '"\\x41"'],
    ['nothing', ''],
    ['nesting without end', '['.repeat(100_000)],
  ])('refuses %s', (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ rule: expect.stringMatching(/^json\./) }));
  });

  test.each([[[0x22, 0xff, 0xfe, 0x22]], [[0x22, 0xc0, 0xaf, 0x22]], [[0x22, 0xed, 0xa0, 0x80, 0x22]]])(
    'refuses bytes that are not UTF-8: %j',
    (bytes) => {
      expect(() => readJson(Uint8Array.from(bytes))).toThrow(/UTF-8/);
    },
  );

  test('refuses a key with a backslash, written so or misread by V8 for one that it knows', () => {
    const refusal = expect.objectContaining({ rule: 'json.key' });
    expect(() => read('{"a":1,"\\\\":2}')).toThrow(refusal);
    const misread = '{"a":1,"\\"":2}';
    const isMisread = Object.keys(JSON.parse(misread)).includes('\\');
    if (isMisread) expect(() => read(misread)).toThrow(refusal);
    else expect(read(misread)).toEqual({ a: 1, '"': 2 });
  });

  test('keeps __proto__ as a key of its own, which the shape then refuses', () => {
    expect(Object.keys(read('{"__proto__":{"x":1}}') as object)).toEqual(['__proto__']);
  });

  test('reads what JSON.parse reads, for every document it accepts', () => {
    const value = fc.jsonValue({ noUnicodeString: false, maxDepth: 4 } as object);
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, '\t'), (given, indent) => {
        const text = JSON.stringify(given, null, indent);
        let result: unknown;
        try {
          result = read(text);
        } catch {
          return;
        }
        expect(result).toEqual(JSON.parse(text));
      }),
    );
  });

  test('refuses a document as soon as one key of it is written a second time', () => {
    const key = fc.stringMatching(/^[a-z:,{}[\]]{0,6}$/);
    const value = fc.oneof(fc.integer(), fc.stringMatching(/^[a-z":,{}\\[\]]{0,6}$/), fc.dictionary(key, fc.boolean()));
    const document = fc.dictionary(key, value, { minKeys: 1 });
    fc.assert(
      fc.property(document, (given) => {
        const text = JSON.stringify(given);
        expect(read(text)).toEqual(JSON.parse(text));
        const again = `${text.slice(0, -1)},${JSON.stringify(Object.keys(given)[0])}:null}`;
        expect(() => read(again)).toThrow(Refusal);
      }),
    );
  });
});
