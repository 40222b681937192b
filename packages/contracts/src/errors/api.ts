import { because, mayWorkLater, needsAction, wrongUsage } from './error-spec.ts';

/** What any call of the API can be answered with. */
export const apiErrors = {
  INVALID_INPUT: wrongUsage(
    400,
    (d: { issues: { path: string; message: string }[] }) =>
      `The input is not valid: ${(d.issues ?? []).map((i) => `${i.path}: ${i.message}`).join('; ')}.`,
    () => 'Correct the named fields and send it again.',
  ),
  UNAUTHENTICATED: needsAction(
    401,
    (_: object) => 'No valid API key or session came with the request.',
    () => 'Send "Authorization: apikey <key>", or sign in again.',
  ),
  FORBIDDEN: needsAction(
    403,
    (d: { role: string; needed: string }) => `This needs the role ${d.needed}; the key or session has ${d.role}.`,
    () => 'Ask an admin to do it, or to give you the role.',
  ),
  TOO_MANY_ATTEMPTS: mayWorkLater(
    429,
    (d: { retryAfterSeconds: number }) =>
      `Too many attempts failed; the next one is taken in ${d.retryAfterSeconds} s.`,
    () => 'Wait that long. Sessions and keys that are valid go on working meanwhile.',
  ),
  ROUTE_NOT_FOUND: wrongUsage(
    404,
    (d: { method: string; path: string }) => `There is no ${d.method} ${d.path}.`,
    () => 'Compare method and path with /docs.',
  ),
  CONTROL_PLANE_UNREACHABLE: mayWorkLater(
    503,
    (d: { url: string; reason: string }) => `The control plane at ${d.url} does not answer${because(d.reason)}.`,
    () => 'Check the address (--api-url or BIGEYE_API_URL) and the way to it.',
  ),
  CONTROL_PLANE_ANSWER: mayWorkLater(
    502,
    (d: { url: string; status: number }) => `${d.url} answered ${d.status} and no error body of ours.`,
    () => 'Is the address that of the control plane? A proxy in between may have answered.',
  ),
} as const;
