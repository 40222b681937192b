import { isAppError, JobId, RunId, UserId } from '@bigeye/contracts';
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { sessionQuery } from '../features/access/api.ts';
import { ProfilePage } from '../features/access/profile-page.tsx';
import { SetPasswordPage } from '../features/access/set-password-page.tsx';
import { SignInPage } from '../features/access/sign-in-page.tsx';
import { signInSearchOf } from '../features/access/sign-in-search.ts';
import { ApiKeysPage } from '../features/api-keys/api-keys-page.tsx';
import { auditFilterOf } from '../features/audit/audit-filter.ts';
import { AuditPage } from '../features/audit/audit-page.tsx';
import { HostsPage } from '../features/hosts/hosts-page.tsx';
import { CreateJobPage, EditJobPage } from '../features/jobs/job-form-page.tsx';
import { JobPage } from '../features/jobs/job-page.tsx';
import { JobsPage } from '../features/jobs/jobs-page.tsx';
import { lineagePlaceOf } from '../features/lineage/lineage-place.ts';
import { runFilterOf } from '../features/runs/run-filter.ts';
import { RunPage } from '../features/runs/run-page.tsx';
import { RunsPage } from '../features/runs/runs-page.tsx';
import { UsersPage } from '../features/users/users-page.tsx';
import { NotFoundPage, UnexpectedErrorPage } from './fault-pages.tsx';
import { Shell } from './shell.tsx';

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: signInSearchOf,
  component: SignInPage,
});
const setPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/set-password',
  component: SetPasswordPage,
});

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!isAppError(error, 'UNAUTHENTICATED')) throw error;
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
    }
  },
  component: Shell,
  errorComponent: UnexpectedErrorPage,
});

const under = { getParentRoute: () => shellRoute } as const;

const indexRoute = createRoute({
  ...under,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/runs', search: {} });
  },
});
const runsRoute = createRoute({ ...under, path: '/runs', validateSearch: runFilterOf, component: RunsPage });
const runRoute = createRoute({
  ...under,
  path: '/runs/$runId',
  params: { parse: ({ runId }) => ({ runId: RunId.parse(runId) }) },
  component: RunPage,
  errorComponent: NotFoundPage,
});
const jobsRoute = createRoute({ ...under, path: '/jobs', component: JobsPage });
const createJobRoute = createRoute({ ...under, path: '/jobs/new', component: CreateJobPage });
const jobRoute = createRoute({
  ...under,
  path: '/jobs/$jobId',
  params: { parse: ({ jobId }) => ({ jobId: JobId.parse(jobId) }) },
  component: JobPage,
  errorComponent: NotFoundPage,
});
const editJobRoute = createRoute({
  ...under,
  path: '/jobs/$jobId/edit',
  params: { parse: ({ jobId }) => ({ jobId: JobId.parse(jobId) }) },
  component: EditJobPage,
  errorComponent: NotFoundPage,
});
const lineageRoute = createRoute({
  ...under,
  path: '/lineage',
  validateSearch: lineagePlaceOf,
  // With it comes the layout engine, larger than all the rest.
  component: lazyRouteComponent(() => import('../features/lineage/lineage-page.tsx'), 'LineagePage'),
});
const hostsRoute = createRoute({ ...under, path: '/settings/agents/hosts', component: HostsPage });
const apiKeysRoute = createRoute({
  ...under,
  path: '/settings/api-keys',
  validateSearch: ({ user }: Record<string, unknown>): { user?: UserId } => {
    const id = UserId.safeParse(user).data;
    return id ? { user: id } : {};
  },
  component: ApiKeysPage,
});
const usersRoute = createRoute({ ...under, path: '/settings/users', component: UsersPage });
const auditRoute = createRoute({
  ...under,
  path: '/settings/audit',
  validateSearch: auditFilterOf,
  component: AuditPage,
});
const profileRoute = createRoute({ ...under, path: '/settings/profile', component: ProfilePage });
const documentedJobsRoute = createRoute({
  ...under,
  path: '/settings/agents/jobs',
  beforeLoad: () => {
    throw redirect({ to: '/jobs' });
  },
});

const routeTree = rootRoute.addChildren([
  signInRoute,
  setPasswordRoute,
  shellRoute.addChildren([
    indexRoute,
    runsRoute,
    runRoute,
    jobsRoute,
    createJobRoute,
    jobRoute,
    editJobRoute,
    lineageRoute,
    hostsRoute,
    apiKeysRoute,
    usersRoute,
    auditRoute,
    profileRoute,
    documentedJobsRoute,
  ]),
]);

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    scrollRestoration: true,
    defaultPendingMinMs: 0,
    defaultErrorComponent: UnexpectedErrorPage,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
