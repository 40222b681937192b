/** What the agent says in its line `n`, and what must therefore be in the log: of many lengths, and not only ASCII. */
export const lineOf = (n: number): string => `line ${n} ${'äé€😀'.slice(0, n % 4)}${'.'.repeat((n * 37) % 400)}`;
