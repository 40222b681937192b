const integer = new Intl.NumberFormat('en');

/** `1 run`, `2,004 runs`; `many`: where it is more than an `s`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${integer.format(count)} ${count === 1 ? one : many}`;
