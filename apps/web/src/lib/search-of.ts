/** A part of a name to search for, from an address that anybody may have typed; undefined where there is none. */
export function searchOf(given: unknown): string | undefined {
  // `?search=17` comes as a number.
  const text = typeof given === 'number' ? String(given) : given;
  return typeof text === 'string' && text.trim() !== '' && text.length <= 128 ? text.trim() : undefined;
}

/** The filter of a list that is filtered by nothing else. */
export function nameSearchOf(given: Record<string, unknown>): { search?: string } {
  const search = searchOf(given.search);
  return search === undefined ? {} : { search };
}
