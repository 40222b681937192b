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
