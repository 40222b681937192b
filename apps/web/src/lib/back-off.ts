const firstMs = 1000;
const longestMs = 30_000;

/**
 * How long to wait after so many failures in a row before the next try, in milliseconds: doubling from one second to half
 * a minute, and up to a third longer by chance, so that many open pages do not come back in the same moment.
 */
export function backOffMs(failures: number, chance: number = Math.random()): number {
  return Math.min(firstMs * 2 ** (failures - 1), longestMs) * (1 + chance / 3);
}
