import { AppError, Instant } from '@bigeye/contracts';
import { type SelectQueryBuilder, sql } from 'kysely';

/** A place in a list that is ordered by (time, id). Its cursor is opaque to clients. */
export interface Place {
  at: Date;
  id: string;
}

/** What every list is asked with. */
export interface PageQuery {
  cursor?: string | undefined;
  limit: number;
}

const opaque = (text: string): string => Buffer.from(text).toString('base64url');
const opened = (cursor: string): string => Buffer.from(cursor, 'base64url').toString();

const cursorAt = ({ at, id }: Place): string => opaque(`${at.toISOString()} ${id}`);

/** Throws INVALID_INPUT for a cursor that we did not make. Our times have four digits for the year, our ids no blank. */
function decodeCursor(cursor: string): Place {
  const [time = '', id = ''] = opened(cursor).split(' ');
  const at = new Date(time);
  if (!Instant.safeParse(time).success || !/^[a-z]{3}_[0-9a-z]{20}$/.test(id)) throw notACursor();
  return { at, id };
}

/** For a list that is ordered by an id alone. */
export const cursorAtId = (id: string): string => opaque(id);

/** Throws INVALID_INPUT for a cursor that holds no id as `schema` has it. */
export function decodeIdCursor<Id>(cursor: string, schema: { safeParse(id: string): { data?: Id } }): Id {
  const { data } = schema.safeParse(opened(cursor));
  if (data === undefined) throw notACursor();
  return data;
}

export const notACursor = () =>
  new AppError('INVALID_INPUT', { issues: [{ path: 'query.cursor', message: 'not a cursor of this list' }] });

/** Splits off the one row that was read beyond `limit`, and says where the next page begins. */
export function toPage<Row>(rows: Row[], limit: number, cursorOf: (row: Row) => string) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? cursorOf(last) : null };
}

interface Paging<TB, Row, T> {
  of: TB;
  to: (row: Row) => T;
  order?: 'asc' | 'desc';
}

/** A page of what is ordered by when it was made, newest first unless told. */
export const pageByCreation = <DB, TB extends keyof DB & string, Row extends { created_at: Date; id: string }, T>(
  query: SelectQueryBuilder<DB, TB, Row>,
  page: PageQuery,
  paging: Paging<TB, Row, T>,
) => pageByTime(query, page, { ...paging, by: 'created_at' });

/** Likewise by the time in the column `by`. */
export async function pageByTime<
  DB,
  TB extends keyof DB & string,
  By extends string,
  Row extends { id: string } & Record<By, Date>,
  T,
>(
  query: SelectQueryBuilder<DB, TB, Row>,
  { cursor, limit }: PageQuery,
  { of, by, to, order = 'desc' }: Paging<TB, Row, T> & { by: By },
) {
  const [at, id] = [sql.ref(`${of}.${by}`), sql.ref(`${of}.id`)];
  let rows = query
    .orderBy(at, order)
    .orderBy(id, order)
    .limit(limit + 1);
  if (cursor) {
    const place = decodeCursor(cursor);
    rows = rows.where(sql<boolean>`(${at}, ${id}) ${order === 'desc' ? sql`<` : sql`>`} (${place.at}, ${place.id})`);
  }
  const page = toPage(await rows.execute(), limit, (row) => cursorAt({ at: row[by], id: row.id }));
  return { ...page, items: page.items.map(to) };
}
