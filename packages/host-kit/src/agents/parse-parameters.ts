import { AppError } from '@bigeye/contracts';
import type { z } from 'zod';

/** The control plane has checked them; it may be of another version than this host. Throws INVALID_INPUT. */
export function parseParameters<T>(schema: z.ZodType<T>, parameters: unknown): T {
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  throw new AppError('INVALID_INPUT', { issues });
}
