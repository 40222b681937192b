import { z } from 'zod';

const oneTag = '(?:W/)?"[\\x21\\x23-\\x7e]{0,64}"';

/** The header If-Match: `*`, or the entity tags of what the caller has read. */
export const IfMatch = z
  .string()
  .trim()
  .regex(
    new RegExp(`^(?:\\*|${oneTag}(?:\\s*,\\s*${oneTag}){0,15})$`),
    'an ETag in quotes, as the answer had it, or *',
  );

export const entityTagOf = ({ version }: { version: number }): string => `"${version}"`;

/** A tag that a proxy has weakened on its way, as they do when they compress, still names its version. */
export const matches = (ifMatch: string, version: number): boolean =>
  ifMatch === '*' || ifMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === entityTagOf({ version }));
