/**
 * Characters that nobody sees and that change what others look like: controls, what turns the direction of writing, line
 * ends beside the usual one, and those without any width. Joiners stay: names of people and pictures need them.
 */
const unseen = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u00ad\u200b\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/gu;
/** In JSON a control character stands as such an escape; pairs of backslashes are passed over. */
const escapes = /\\(?:u[0-9a-fA-F]{4}|.)/g;
const shortEscapes: Record<string, string> = { '\\b': '\b', '\\f': '\f', '\\r': '\r' };
const endOfAscii = 0x7f;

/** `⟨U+202E⟩` in the place of each character that is not seen. New lines and tabs stay, and what `kept` holds. */
export function visibleText(text: string, kept = ''): string {
  return text.replace(unseen, (character) =>
    character === '\n' || character === '\t' || kept.includes(character) ? character : nameOf(character),
  );
}

/** The same for all text in a piece of JSON, keys too. */
export function visibleJson(json: string, kept = ''): string {
  const literal = visibleText(json, `\r${kept}`);
  return literal.replace(escapes, (found) => {
    const character = shortEscapes[found] ?? (found[1] === 'u' ? String.fromCharCode(codeOf(found)) : undefined);
    if (character === undefined) return found;
    const shown = visibleText(character, kept);
    return shown === character ? found : shown;
  });
}

/** JSON that says the same and holds none of these characters but as escapes: for logs and data on a terminal. */
export const escapedJson = (json: string): string =>
  json.replace(unseen, (character) => (character.charCodeAt(0) < endOfAscii ? character : escapeOf(character)));

const codeOf = (escaped: string): number => Number.parseInt(escaped.slice(2), 16);
const hex = (code: number): string => code.toString(16).padStart(4, '0');
const nameOf = (character: string): string => `⟨U+${hex(character.codePointAt(0) ?? 0).toUpperCase()}⟩`;
/** Beyond U+FFFF JSON takes two. */
const escapeOf = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => `\\u${hex(character.charCodeAt(at))}`).join('');
