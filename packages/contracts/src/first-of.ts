const integer = new Intl.NumberFormat('en');

/** `a, b and 1,998 more`: what a sentence names of `count` things. */
export function firstOf(names: readonly string[] = [], count = names.length): string {
  const left = count - names.length;
  return left > 0 ? `${names.join(', ')} and ${integer.format(left)} more` : names.join(', ');
}
