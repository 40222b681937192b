import { readFileSync } from 'node:fs';
import { AppError } from '@bigeye/contracts';
import type { z } from 'zod';

/**
 * Reads the settings of a program from its environment. For each setting `NAME_FILE` may name a file that holds the
 * value. Every fault is reported at once. Throws CONFIG_INVALID.
 */
export function loadConfig<Schema extends z.ZodObject>(
  program: string,
  schema: Schema,
  environment: Record<string, string | undefined>,
): z.output<Schema> {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = environment[name];
    const file = environment[`${name}_FILE`];
    if (value !== undefined && value !== '') values[name] = value;
    else if (file) {
      try {
        values[name] = readFileSync(file, 'utf8').trim();
      } catch (error) {
        problems.push(`${name}_FILE: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success) problems.push(...parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`));
  if (problems.length > 0 || !parsed.success) throw new AppError('CONFIG_INVALID', { program, problems });
  return parsed.data;
}
