/**
 * PostgreSQL prints the marks of a CYCLE clause with a cast (`TO 'Y'::text DEFAULT 'N'::text`), which its own grammar does not
 * read back. Blanks the casts out, so that all other places stay where they were.
 */
export function mendPrintedQuery(sql: string): string {
  const literal = String.raw`(?:E?'(?:[^'\\]|''|\\.)*'|[\w.]+)`;
  const cast = "(::[^']*?)";
  const marks = new RegExp(String.raw`(\sTO ${literal})${cast}( DEFAULT ${literal})${cast}( USING )`, 'g');
  return sql.replace(marks, (_, to: string, first: string, otherwise: string, second: string, using: string) =>
    [to, blank(first), otherwise, blank(second), using].join(''),
  );
}

function blank(text: string): string {
  return ' '.repeat(Buffer.byteLength(text));
}
