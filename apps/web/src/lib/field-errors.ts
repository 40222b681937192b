import { isAppError } from '@bigeye/contracts';

/** Message of each faulty field, by its path in the body. */
export type FieldErrors = Record<string, string>;

/** A schema of the contracts. */
interface Schema {
  safeParse(body: unknown): { error?: { issues: { path: PropertyKey[]; message: string }[] } | undefined };
}

/** What the contract's schema says of a body before it is sent: the same as the server would. */
export function checkFields(schema: Schema, body: unknown): FieldErrors {
  const { error } = schema.safeParse(body);
  return Object.fromEntries(error?.issues.map(({ path, message }) => [path.join('.'), message]) ?? []);
}

/** What the server refused, at the fields it is about. */
export function fieldErrorsOf(error: unknown): FieldErrors {
  if (!isAppError(error, 'INVALID_INPUT')) return {};
  return Object.fromEntries((error.details.issues ?? []).map(({ path, message }) => [path, message]));
}

/** What is left to tell once these fields were changed. */
export const errorsWithout = (errors: FieldErrors, changed: object): FieldErrors =>
  Object.fromEntries(Object.entries(errors).filter(([field]) => !(field in changed)));
