import { forgetful, startTestPostgres } from '@bigeye/testkit';
import { spawnFoundation, testJobsOn } from './support/foundation.ts';

/** A PostgreSQL server by DATABASE_URL, and the Temporal that the control plane brings. */
testJobsOn(async () => {
  await using starting = new AsyncDisposableStack();
  const postgres = starting.use(await startTestPostgres(forgetful));
  const foundation = starting.use(await spawnFoundation({ DATABASE_URL: postgres.url }));
  const opened = starting.move();
  return { ...foundation, [Symbol.asyncDispose]: () => opened.disposeAsync() };
});
