import { sql } from 'kysely';
import type { Db } from './tables.ts';

/** What one process does for all of them. It is held for a time by the database's clock, and renewed before that is over. */
export function createLeaseStore(db: Db) {
  return {
    /** Takes or renews the lease. False while another holder has it. */
    async take(name: string, holder: string, ms: number): Promise<boolean> {
      const taken = await sql`
        insert into leases (name, holder, until) values (${name}, ${holder}, now() + ${ms} * interval '1 millisecond')
        on conflict (name) do update set holder = excluded.holder, until = excluded.until
        where leases.holder = excluded.holder or leases.until < now()
        returning name`.execute(db);
      return taken.rows.length === 1;
    },

    /** Lets others have it at once. */
    async release(name: string, holder: string): Promise<void> {
      await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
    },
  };
}

export type LeaseStore = ReturnType<typeof createLeaseStore>;
