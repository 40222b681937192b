/** Numbered Java properties, `key.N=value` with N = 1, 2, … for each connection in turn. */
export function renderProperties(connections: Record<string, string>[]): string {
  const lines = connections.flatMap((connection, index) =>
    Object.entries(connection).map(([key, value]) => `${key}.${index + 1}=${escapeValue(value)}`),
  );
  return `${lines.join('\n')}\n`;
}

/** Control characters and everything beyond ASCII as \uXXXX, so that no reader has to guess the encoding. */
function escapeValue(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replace(/^ /, '\\ ')
    .replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Every key with its value, in order. */
export function parseProperties(text: string): [key: string, value: string][] {
  const joined = text.replace(/\\\r?\n[ \t]*/g, '');
  return joined.split(/\r?\n/).flatMap((line): [string, string][] => {
    const [, key, value] = /^\s*([^#!\s=:][^\s=:]*)\s*[=:]?\s*(.*)$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key, unescapeValue(value)]];
  });
}

function unescapeValue(value: string): string {
  const named: Record<string, string> = { n: '\n', r: '\r', t: '\t', f: '\f' };
  return value.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, hex: string | undefined, character: string) =>
    hex === undefined ? (named[character] ?? character) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
