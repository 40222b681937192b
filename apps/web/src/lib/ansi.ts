/** A piece of text with what its escape codes ask for. Colours 0–15 are the palette's, others `#rrggbb`. */
export interface AnsiSpan {
  text: string;
  color?: number | string;
  background?: number | string;
  bold?: true;
  dim?: true;
  italic?: true;
  underline?: true;
}
type Look = Omit<AnsiSpan, 'text'>;

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are control characters.
const escapes = /\u001b(?:\[([0-9;:]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\^_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Splits a line by its colour codes. Other codes and control characters are left out; of `a\rb`, `b` is what stays. */
export function parseAnsi(line: string): AnsiSpan[] {
  const spans: AnsiSpan[] = [];
  let look: Look = {};
  let from = 0;
  const add = (raw: string) => {
    const text = raw.replace(controls, '');
    if (text !== '') spans.push({ text, ...look });
  };
  const shown = line.slice(line.replace(/\r+$/, '').lastIndexOf('\r') + 1);
  for (const match of shown.matchAll(escapes)) {
    add(shown.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === 'm') look = lookAfter(look, match[1] ?? '');
  }
  add(shown.slice(from));
  return spans;
}

/** The line as it is read and searched. */
export const withoutAnsi = (line: string): string =>
  parseAnsi(line)
    .map(({ text }) => text)
    .join('');

function lookAfter(before: Look, parameters: string): Look {
  const codes = parameters.split(/[;:]/).map(Number);
  let look = before;
  while (codes.length > 0) {
    const code = codes.shift() ?? 0;
    if (code === 38 || code === 48) {
      const color = extendedColor(codes);
      if (color !== undefined) look = { ...look, [code === 38 ? 'color' : 'background']: color };
    } else look = lookAfterCode(look, code);
  }
  return look;
}

function lookAfterCode(look: Look, code: number): Look {
  if (code === 0) return {};
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 3) return { ...look, italic: true };
  if (code === 4) return { ...look, underline: true };
  if (code === 22) return without(look, 'bold', 'dim');
  if (code === 23) return without(look, 'italic');
  if (code === 24) return without(look, 'underline');
  if (code === 39) return without(look, 'color');
  if (code === 49) return without(look, 'background');
  if (code >= 30 && code <= 37) return { ...look, color: code - 30 };
  if (code >= 90 && code <= 97) return { ...look, color: code - 82 };
  if (code >= 40 && code <= 47) return { ...look, background: code - 40 };
  if (code >= 100 && code <= 107) return { ...look, background: code - 92 };
  return look;
}

const without = (look: Look, ...names: (keyof Look)[]): Look =>
  Object.fromEntries(Object.entries(look).filter(([name]) => !names.includes(name as keyof Look)));

/** Takes what follows 38 or 48 from `codes`: `5;n` or `2;r;g;b`. */
function extendedColor(codes: number[]): number | string | undefined {
  const kind = codes.shift();
  if (kind === 2) return hex(codes.splice(0, 3));
  if (kind !== 5) return undefined;
  const index = codes.shift() ?? 0;
  if (index < 16) return index;
  if (index > 231) return hex(Array(3).fill(8 + (index - 232) * 10));
  const cube = index - 16;
  return hex(
    [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((part) => (part === 0 ? 0 : 55 + part * 40)),
  );
}

const hex = (parts: number[]): string =>
  `#${parts.map((part) => Math.min(255, part).toString(16).padStart(2, '0')).join('')}`;
