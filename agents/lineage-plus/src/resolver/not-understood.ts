import type { Offset } from '../sql/ast.ts';

/** A part of a query whose lineage cannot be told for sure; its message is the reason, for the report. */
export class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
  readonly at: Offset;

  constructor(reason: string, at?: Offset) {
    super(reason);
    this.at = at;
  }
}
