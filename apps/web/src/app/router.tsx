import { HostId, isAppError, JobId, RunId, UserId } from '@bigeye/contracts';
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { OutageBanner } from '../components/outage-banner.tsx';
import { sessionQuery } from '../features/access/api.ts';
import { signInSearchOf } from '../features/access/sign-in-search.ts';
import { auditFilterOf } from '../features/audit/audit-filter.ts';
import { hostFilterOf } from '../features/hosts/host-filter.ts';
import { lineagePlaceOf } from '../features/lineage/lineage-place.ts';
import { runFilterOf } from '../features/runs/run-filter.ts';
import { RunsPage } from '../features/runs/runs-page.tsx';
import { nameSearchOf } from '../lib/search-of.ts';
import { NotFoundPage, UnexpectedErrorPage, WaitingPage } from './fault-pages.tsx';
import { Shell } from './shell.tsx';

/** The host that a page is about, if one is named. */
const hostSearchOf = ({ host }: Record<string, unknown>): { host?: HostId } => {
  const id = HostId.safeParse(host).data;
  return id ? { host: id } : {};
};

/** Each page comes when it is first opened. */
const page = lazyRouteComponent;

function Root() {
  return (
    <>
      <OutageBanner />
      <Outlet />
    </>
  );
}

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Root,
  notFoundComponent: NotFoundPage,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: signInSearchOf,
  component: page(() => import('../features/access/sign-in-page.tsx'), 'SignInPage'),
});
const setPasswordRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/set-password',
  component: page(() => import('../features/access/set-password-page.tsx'), 'SetPasswordPage'),
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
  // Who it is that asks is not known yet; without an answer the banner above says why.
  pendingComponent: WaitingPage,
  pendingMs: 500,
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
  component: page(() => import('../features/runs/run-page.tsx'), 'RunPage'),
  errorComponent: NotFoundPage,
});
const jobsRoute = createRoute({
  ...under,
  path: '/jobs',
  validateSearch: nameSearchOf,
  component: page(() => import('../features/jobs/jobs-page.tsx'), 'JobsPage'),
});
const createJobRoute = createRoute({
  ...under,
  path: '/jobs/new',
  validateSearch: hostSearchOf,
  component: page(() => import('../features/jobs/job-form-page.tsx'), 'CreateJobPage'),
});
const jobRoute = createRoute({
  ...under,
  path: '/jobs/$jobId',
  params: { parse: ({ jobId }) => ({ jobId: JobId.parse(jobId) }) },
  component: page(() => import('../features/jobs/job-page.tsx'), 'JobPage'),
  errorComponent: NotFoundPage,
});
const editJobRoute = createRoute({
  ...under,
  path: '/jobs/$jobId/edit',
  params: { parse: ({ jobId }) => ({ jobId: JobId.parse(jobId) }) },
  component: page(() => import('../features/jobs/job-form-page.tsx'), 'EditJobPage'),
  errorComponent: NotFoundPage,
});
const lineageRoute = createRoute({
  ...under,
  path: '/lineage',
  validateSearch: lineagePlaceOf,
  // Loaded by itself: it brings the layout engine, which is larger than all other scripts together.
  component: page(() => import('../features/lineage/lineage-page.tsx'), 'LineagePage'),
});
const hostsRoute = createRoute({
  ...under,
  path: '/settings/agents/hosts',
  validateSearch: hostFilterOf,
  component: page(() => import('../features/hosts/hosts-page.tsx'), 'HostsPage'),
});
const hostRoute = createRoute({
  ...under,
  // Not below the list: a host may be called "register".
  path: '/hosts/$hostId',
  params: { parse: ({ hostId }) => ({ hostId: HostId.parse(hostId) }) },
  component: page(() => import('../features/hosts/host-page.tsx'), 'HostPage'),
  errorComponent: NotFoundPage,
});
const registerHostRoute = createRoute({
  ...under,
  path: '/settings/agents/hosts/register',
  validateSearch: hostSearchOf,
  component: page(() => import('../features/hosts/register-page.tsx'), 'RegisterHostPage'),
});
const apiKeysRoute = createRoute({
  ...under,
  path: '/settings/api-keys',
  validateSearch: ({ user }: Record<string, unknown>): { user?: UserId } => {
    const id = UserId.safeParse(user).data;
    return id ? { user: id } : {};
  },
  component: page(() => import('../features/api-keys/api-keys-page.tsx'), 'ApiKeysPage'),
});
const usersRoute = createRoute({
  ...under,
  path: '/settings/users',
  validateSearch: nameSearchOf,
  component: page(() => import('../features/users/users-page.tsx'), 'UsersPage'),
});
const auditRoute = createRoute({
  ...under,
  path: '/settings/audit',
  validateSearch: auditFilterOf,
  component: page(() => import('../features/audit/audit-page.tsx'), 'AuditPage'),
});
const storageRoute = createRoute({
  ...under,
  path: '/settings/storage',
  component: page(() => import('../features/storage/storage-page.tsx'), 'StoragePage'),
});
const profileRoute = createRoute({
  ...under,
  path: '/settings/profile',
  component: page(() => import('../features/access/profile-page.tsx'), 'ProfilePage'),
});
/** Within the shell, so that somebody at a wrong address has the navigation at hand. */
const unknownRoute = createRoute({ ...under, path: '$', component: NotFoundPage });
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
    hostRoute,
    registerHostRoute,
    apiKeysRoute,
    usersRoute,
    auditRoute,
    storageRoute,
    profileRoute,
    documentedJobsRoute,
    unknownRoute,
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

/** Brings the scripts of all pages but that of lineage, which is larger than all others. */
export async function loadPages(router: ReturnType<typeof createAppRouter>): Promise<void> {
  for (const route of Object.values(router.routesById))
    if (route.id !== lineageRoute.id) await Promise.resolve(router.loadRouteChunk(route)).catch(() => undefined);
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
