import { accountKeyRoutes } from './routes/account-keys.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { auditRoutes } from './routes/audit.ts';
import { hostApiRoutes } from './routes/host-api.ts';
import { hostRoutes } from './routes/hosts.ts';
import { jobRoutes } from './routes/jobs.ts';
import { lineageRoutes } from './routes/lineage.ts';
import { runRoutes } from './routes/runs.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { storageRoutes } from './routes/storage.ts';
import { userRoutes } from './routes/users.ts';

export { type Access, isAudited, type Route } from './routes/route.ts';

/**
 * Everything the control plane answers, by name. A file in `routes/` for each noun. Handlers, client, OpenAPI and the access
 * test all walk this table.
 */
export const apiRoutes = {
  ...hostRoutes,
  ...jobRoutes,
  ...runRoutes,
  ...signInRoutes,
  ...userRoutes,
  ...apiKeyRoutes,
  ...accountKeyRoutes,
  ...auditRoutes,
  ...storageRoutes,
  ...lineageRoutes,
};
export const hostListenerRoutes = hostApiRoutes;
export const routes = { ...apiRoutes, ...hostListenerRoutes };
export type Routes = typeof routes;
export type RouteName = keyof Routes;
