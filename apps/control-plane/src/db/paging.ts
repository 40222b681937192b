import { AppError, Instant } from '@bigeye/contracts';

/** A place in a list ordered newest first by (time, id). Opaque to clients. */
export interface Place {
  at: Date;
  id: string;
}

const encodeCursor = ({ at, id }: Place): string => Buffer.from(`${at.toISOString()} ${id}`).toString('base64url');

/** Throws INVALID_INPUT for a cursor that we did not make. Our times have four digits for the year, our ids no blank. */
export function decodeCursor(cursor: string): Place {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const at = new Date(time);
  if (!Instant.safeParse(time).success || !/^[a-z]{3}_[0-9a-z]{20}$/.test(id))
    throw new AppError('INVALID_INPUT', { issues: [{ path: 'query.cursor', message: 'not a cursor of this list' }] });
  return { at, id };
}

/** Splits off the one row that was read beyond `limit`, and says where the next page begins. */
export function toPage<Row>(rows: Row[], limit: number, placeOf: (row: Row) => Place) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(placeOf(last)) : null };
}
