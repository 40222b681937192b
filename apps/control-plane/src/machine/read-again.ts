/** What is read from files that may be replaced while we run. */
export interface ReadAgain<Value> extends Disposable {
  /** As it was when it could be read last. */
  current(): Value;
}

interface ReadAgainOptions<Value> {
  everyMs?: number | undefined;
  onChange(now: Value, before: Value): void;
  /** It cannot be read just now; what was read before counts, which may be good for a long time yet. */
  onFault(error: unknown): void;
}

/** Reads now, and again from time to time. Throws where it cannot be read at first. `Value`: such that JSON tells two apart. */
export function readAgain<Value>(
  read: () => Value,
  { everyMs = 30_000, onChange, onFault }: ReadAgainOptions<Value>,
): ReadAgain<Value> {
  let current = read();
  const timer = setInterval(() => {
    const before = current;
    try {
      const found = read();
      if (JSON.stringify(found) === JSON.stringify(before)) return;
      current = found;
    } catch (error) {
      return onFault(error);
    }
    onChange(current, before);
  }, everyMs);
  timer.unref();
  return { current: () => current, [Symbol.dispose]: () => clearInterval(timer) };
}
