/** A request that does not pass: the rule that decided, the HTTP status of the answer, and a sentence for the caller. */
export class Refusal extends Error {
  readonly rule: string;
  readonly status: number;

  constructor(rule: string, message: string, status = 403) {
    super(message);
    this.rule = rule;
    this.status = status;
  }
}

/** Refuses under the rule `at`. The value itself is never repeated: it may be a secret, and messages are shown and kept. */
export function refuse(at: string, why: string): never {
  throw new Refusal(at, `${at} ${why}.`);
}
