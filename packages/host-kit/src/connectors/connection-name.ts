import { z } from 'zod';

export const ConnectionName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'letters, digits, dots, hyphens and underscores, at most 128')
  .describe('Name of the connection, and of its repository in the lineage.');
