import type { AppError } from '@bigeye/contracts';
import { pause } from '@bigeye/service-kit';

/** Of each part, by name, whether it answers, or what is wrong with it. */
export type Readiness = () => Promise<Record<string, boolean | AppError>>;
type Part = () => Promise<boolean | AppError>;

/** Who asks gives up after a few seconds, and then hears nothing of what is wrong. */
const usualPatienceMs = 2_000;

/**
 * Asks all parts together. One that does not answer in time is not ready, for the reason that it gave last; it is not asked
 * again before it has answered, since to a machine that is gone every question waits for minutes.
 */
export function createReadiness(parts: Record<string, Part>, patienceMs = usualPatienceMs): Readiness {
  const asked = Object.entries(parts).map(([name, part]) => [name, askPatiently(part, patienceMs)] as const);
  return async () =>
    Object.fromEntries(await Promise.all(asked.map(async ([name, ask]) => [name, await ask()] as const)));
}

function askPatiently(part: Part, patienceMs: number): Part {
  let asking: Promise<boolean | AppError> | undefined;
  let last: boolean | AppError = false;
  const ask = async () => {
    last = await part().catch(() => false);
    asking = undefined;
    return last;
  };
  return async () => {
    asking ??= ask();
    const answered = new AbortController();
    const late = pause(patienceMs, answered.signal).then(() => (last === true ? false : last));
    return await Promise.race([asking, late]).finally(() => answered.abort());
  };
}
