import type { Logger } from './logger.ts';
import { reasonOf } from './reason-of.ts';

/** Does what may fail and is repeated later: a failure is a line of the log that says `what` did not work, and why. */
export async function attempt(
  log: Logger,
  what: string,
  act: () => Promise<unknown>,
  about: object = {},
): Promise<void> {
  try {
    await act();
  } catch (error) {
    log.warn({ ...about, reason: reasonOf(error) }, what);
  }
}
