import { AppError } from '@bigeye/contracts';

interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

const pageLimit = 200;

/** Reads a list page by page, to its end or up to `limit`. `isMore`: there is more of it than was asked for. */
export async function readPages<Item>(
  readPage: (page: { limit: number; cursor?: string }) => Promise<Page<Item>>,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ items: Item[]; isMore: boolean }> {
  const items: Item[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await readPage({
      limit: Math.min(pageLimit, limit - items.length),
      ...(cursor === undefined ? {} : { cursor }),
    });
    items.push(...page.items);
    if (page.nextCursor === null) return { items, isMore: false };
    if (items.length >= limit) return { items, isMore: true };
    cursor = page.nextCursor;
  }
}

/** The last line of a list that was not read to its end. */
export const moreWords = (isMore: boolean, limit: number): string[] =>
  isMore ? [`There are more: at most ${limit} were asked for (--limit).`] : [];

/** Of a flag `--limit`. Throws USAGE. */
export function limitOf(flag: string): number {
  const limit = Number(flag);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new AppError('USAGE', { reason: `--limit: "${flag}" is no number above 0.` });
}
