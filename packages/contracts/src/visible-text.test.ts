import { expect, test } from 'vitest';
import { escapedJson, visibleJson, visibleText } from './visible-text.ts';

test.each([
  ['a name', 'a name'],
  ['nightly\u202Etxt.exe', 'nightly⟨U+202E⟩txt.exe'],
  ['\u2066x\u2069 \u200F \u061C', '⟨U+2066⟩x⟨U+2069⟩ ⟨U+200F⟩ ⟨U+061C⟩'],
  ['a\u001b[2Jb\u0007\rc\u009b', 'a⟨U+001B⟩[2Jb⟨U+0007⟩⟨U+000D⟩c⟨U+009B⟩'],
  ['one\ntwo\tthree', 'one\ntwo\tthree'],
  ['zero\u200Bwidth\uFEFF\u2028', 'zero⟨U+200B⟩width⟨U+FEFF⟩⟨U+2028⟩'],
  ['hidden\u{E0041}', 'hidden⟨U+E0041⟩'],
  ['می‌خواهم 👩‍💻 שלום', 'می‌خواهم 👩‍💻 שלום'],
])('%j is shown as %j', (text, shown) => {
  expect(visibleText(text)).toBe(shown);
  expect(JSON.parse(visibleJson(JSON.stringify({ [text]: [text] })))).toEqual({ [shown]: [shown] });
  const escaped = escapedJson(JSON.stringify({ [text]: text }, null, 2));
  expect(JSON.parse(escaped)).toEqual({ [text]: text });
  expect(visibleText(escaped)).toBe(escaped);
});

test('text that only looks like an escape stays what it is', () => {
  const text = 'C:\\u001b \\\\b \\r "\\';
  expect(JSON.parse(visibleJson(JSON.stringify(text)))).toBe(text);
});

test('what a reader knows how to show is left to it', () => {
  const json = JSON.stringify('\u001b[31mred\u202e\r');
  expect(JSON.parse(visibleJson(json, '\u001b\r'))).toBe('\u001b[31mred⟨U+202E⟩\r');
});
