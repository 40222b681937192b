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
