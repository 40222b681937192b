import { spawnFoundation, testJobsOn } from './support/foundation.ts';

/** Nothing but the control plane: it brings its PostgreSQL and its Temporal. */
testJobsOn(() => spawnFoundation());
