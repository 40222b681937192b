import { AppError, type AuditActorKind, type AuditEntry, auditShortening, firstPreviousHash } from '@bigeye/contracts';
import { auditHashOf } from '@bigeye/service-kit';
import { type Selectable, sql } from 'kysely';
import { containing } from '../db/containing.ts';
import { notACursor, toPage } from '../db/paging.ts';
import type { Db, Tables } from '../db/tables.ts';

export type NewAuditEntry = Omit<AuditEntry, 'sequence' | 'previousHash' | 'hash'>;

export interface AuditFilter {
  actor?: string | undefined;
  actorKind?: AuditActorKind | undefined;
  action?: string | undefined;
  refused?: boolean | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

const batch = 1000;

export type AuditStore = ReturnType<typeof createAuditStore>;

/** The only SQL about the audit log. */
export function createAuditStore(db: Db) {
  return {
    /** Puts the entries at the end of the chain, all or none. Several processes queue up for it in the database. */
    async appendEntries(entries: NewAuditEntry[]): Promise<void> {
      await asOnlyWriter(db, (tx) => append(tx, entries));
    },

    /**
     * Removes at most `limit` of the oldest entries, as far as all are from before `before`, and says so in a new entry, without which
     * the database would refuse it and the rest would not verify. Answers with how many it removed.
     */
    async shorten(before: Date, limit: number): Promise<number> {
      return await asOnlyWriter(db, async (tx) => {
        const oldest = await tx
          .selectFrom('audit_log')
          .select(['sequence', 'at', 'hash'])
          .orderBy('sequence')
          .limit(limit)
          .execute();
        // Up to the first that is younger, since what is between two that stay must stay.
        const young = oldest.findIndex(({ at }) => at >= before);
        const last = (young === -1 ? oldest : oldest.slice(0, young)).at(-1);
        if (!last) return 0;
        const details = { lastRemoved: String(last.sequence), hash: last.hash, olderThan: before.toISOString() };
        await append(tx, [{ ...byItself, at: new Date().toISOString(), details }]);
        const { numDeletedRows } = await tx
          .deleteFrom('audit_log')
          .where('sequence', '<=', Number(last.sequence))
          .executeTakeFirstOrThrow();
        return Number(numDeletedRows);
      });
    },

    /** Newest first. */
    async listEntries({ cursor, limit, ...filter }: AuditFilter & { cursor?: string | undefined; limit: number }) {
      let query = db
        .selectFrom('audit_log')
        .selectAll()
        .orderBy('sequence', 'desc')
        .limit(limit + 1);
      if (cursor !== undefined) query = query.where('sequence', '<', sequenceOf(cursor));
      const { actor, actorKind, action, refused, from, to } = filter;
      if (actorKind) query = query.where('actor_kind', '=', actorKind);
      if (action) query = query.where('action', '=', action);
      // Spelled out as the index has it, which is for the few that were refused.
      if (refused !== undefined)
        query = query.where(refused ? sql<boolean>`status >= 400` : sql<boolean>`status < 400`);
      if (from) query = query.where('at', '>=', new Date(from));
      if (to) query = query.where('at', '<', new Date(to));
      // A range of one and an order by both: only the index of actors has that order, and any other way is slow for who is rare.
      const ofOne = query
        .clearOrderBy()
        .where(sql<boolean>`audit_log.actor_name between named.actor_name and named.actor_name`)
        .orderBy('actor_name', 'desc')
        .orderBy('sequence', 'desc');
      const rows = await (actor
        ? db
            .selectFrom(actorsNamed(actor))
            .innerJoinLateral(ofOne.as('found'), (join) => join.onTrue())
            .selectAll('found')
            .orderBy('sequence', 'desc')
            .limit(limit + 1)
            .execute()
        : query.execute());
      return toPage(rows.map(toEntry), limit, ({ sequence }) => String(sequence));
    },

    /** From the first on, read in batches: the log may be larger than the memory. Throws AUDIT_SHORTENED. */
    async *readEntries(): AsyncGenerator<AuditEntry> {
      for (let after = 0; ; ) {
        const rows = await db
          .selectFrom('audit_log')
          .selectAll()
          .where('sequence', '>', after)
          .orderBy('sequence')
          .limit(batch)
          .execute();
        if (after > 0 && rows[0] && (await isShortenedBeyond(db, after))) throw new AppError('AUDIT_SHORTENED', {});
        for (const row of rows) yield toEntry(row);
        if (rows.length < batch) return;
        after = Number(rows.at(-1)?.sequence);
      }
    },
  };
}

/**
 * The names that hold `part`. There are few names and many entries, so the index is asked for one name after the other, and the entries
 * for each name that fits: what is rare is found as quickly as what is not.
 */
const actorsNamed = (part: string) =>
  sql<{ actor_name: string }>`(
    with recursive names as (
      (select actor_name from audit_log order by actor_name limit 1)
      union all
      select (select next.actor_name from audit_log as next where next.actor_name > names.actor_name
        order by next.actor_name limit 1)
      from names where names.actor_name is not null)
    select actor_name from names where lower(actor_name) like ${containing(part)})`.as<'named'>(sql`named`);

async function asOnlyWriter<T>(db: Db, act: (tx: Db) => Promise<T>): Promise<T> {
  return await db.transaction().execute(async (tx) => {
    // Readers are let through; another writer waits until this one is committed, and then reads its last entry.
    await sql`lock table audit_log in share row exclusive mode`.execute(tx);
    return await act(tx);
  });
}

async function append(tx: Db, entries: NewAuditEntry[]): Promise<void> {
  const last = await tx
    .selectFrom('audit_log')
    .select(['sequence', 'hash'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  let sequence = Number(last?.sequence ?? 0);
  let previousHash = last?.hash ?? firstPreviousHash;
  for (const entry of entries) {
    sequence += 1;
    const linked = { ...entry, sequence, previousHash };
    const hash = auditHashOf(linked);
    await tx
      .insertInto('audit_log')
      .values(toRow({ ...linked, hash }))
      .execute();
    previousHash = hash;
  }
}

/** Whether the entry after `sequence` has gone by its age; a gap that is none of ours is a break, and left to be found. */
async function isShortenedBeyond(db: Db, sequence: number): Promise<boolean> {
  const oldest = await db.selectFrom('audit_log').select('sequence').orderBy('sequence').limit(1).executeTakeFirst();
  return oldest !== undefined && Number(oldest.sequence) > sequence + 1;
}

const byItself = {
  action: auditShortening,
  actorKind: 'control plane',
  actorId: null,
  actorName: 'control plane',
  credential: null,
  address: '-',
  status: 200,
  errorCode: null,
  requestId: '-',
} as const;

function sequenceOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw notACursor();
}

const toRow = (entry: AuditEntry) => ({
  sequence: entry.sequence,
  at: entry.at,
  action: entry.action,
  actor_kind: entry.actorKind,
  actor_id: entry.actorId,
  actor_name: entry.actorName,
  credential: entry.credential,
  address: entry.address,
  status: entry.status,
  error_code: entry.errorCode,
  details: JSON.stringify(entry.details),
  request_id: entry.requestId,
  previous_hash: entry.previousHash,
  hash: entry.hash,
});

const toEntry = (row: Selectable<Tables['audit_log']>): AuditEntry => ({
  sequence: Number(row.sequence),
  at: row.at.toISOString(),
  action: row.action,
  actorKind: row.actor_kind,
  actorId: row.actor_id,
  actorName: row.actor_name,
  credential: row.credential,
  address: row.address,
  status: row.status,
  errorCode: row.error_code,
  details: row.details,
  requestId: row.request_id,
  previousHash: row.previous_hash,
  hash: row.hash,
});
