/** At most `atOnce` of what it is given is under way together; all else waits, and is begun in the order in which it came. */
export function takeTurns(atOnce: number): <Result>(act: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return async (act) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await act();
    } finally {
      // The place goes to the next one, so that nobody who comes just now takes it.
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
