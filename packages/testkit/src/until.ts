import { setTimeout as delay } from 'node:timers/promises';

/**
 * The first answer of `ask` that is not undefined, null or false. Asks again and again; after `timeoutMs` it throws what `late`
 * says. For what tests and benches share: `expect.poll` works inside a test only.
 */
export async function until<Answer>(
  ask: () => Answer | Promise<Answer>,
  { timeoutMs = 10_000, late }: { timeoutMs?: number; late?: () => string } = {},
): Promise<Exclude<Answer, undefined | null | false>> {
  for (const deadline = Date.now() + timeoutMs; ; await delay(50)) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false)
      return answer as Exclude<Answer, undefined | null | false>;
    if (Date.now() > deadline) throw new Error(late?.() ?? `waited for ${timeoutMs} ms`);
  }
}
