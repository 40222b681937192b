import { z } from 'zod';

const unstorable = /[\0\p{Cs}]/u;

/** Text that a database can keep: PostgreSQL has no place for U+0000 nor for half a surrogate pair. */
export const storableText = (maxCharacters: number) =>
  z
    .string()
    .max(maxCharacters)
    .refine((text) => !unstorable.test(text), 'a character that no text may have');

/** The same text without what cannot be kept. */
export const toStorable = (text: string): string => text.replace(/[\0\p{Cs}]/gu, '\u{fffd}');

/** A whole number of 32 bits, as our integer columns have them. */
export const Int32 = z.number().int().min(-2_147_483_648).max(2_147_483_647);

/** An id that the database counts up, also as text of an address. */
export const SerialId = z.coerce.number().int().min(1).max(2_147_483_647);

/** A moment that every part can keep: the years 1 to 9999. */
export const Instant = z.iso
  .datetime()
  .refine((time) => !time.startsWith('0000') && !Number.isNaN(Date.parse(time)), 'not a time of the years 1 to 9999');
