/** A part of a query whose lineage cannot be told for sure; its message is the reason, for the report. */
export class NotUnderstood extends Error {
  override readonly name = 'NotUnderstood';
}
