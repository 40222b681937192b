import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fillPath, type JobId, type RunId } from '@bigeye/contracts';
import { createBrowserSession } from './browser-session.ts';
import { type Programs, startTestHost } from './test-host.ts';
import { root, startTestStack, type TestStack } from './test-stack.ts';

/** A control plane with something on each of its pages: hosts of all states, jobs, runs of all ends, lineage, users, keys. */
export interface PopulatedStack extends AsyncDisposable {
  stack: TestStack;
  signIn: { email: string; password: string };
  /** What a page is called in a file name, and its path. */
  pages: Record<string, string>;
  jobId: JobId;
  goodRun: RunId;
  failedRun: RunId;
  runningRun: RunId;
}

const longName = 'warehouse-loader-of-the-berlin-data-centre-17';
const result = {
  type: 'result',
  outcome: 'succeeded',
  exitCode: 0,
  message: '214 of 214 views',
  counts: { views: 214 },
};

const programs: Programs = {
  shop: (container) => {
    for (let line = 1; line <= 40; line++) container.print(`read view ${line} of 214 in schema sales`);
    container.print(JSON.stringify(result));
    container.exit(0);
  },
  refusing: (container) => {
    const message = 'The database at warehouse-primary.internal.example.com:5432 refused the password of bigeye_reader';
    container.print('password authentication failed for user "bigeye_reader"', 'stderr');
    container.print(JSON.stringify({ ...result, outcome: 'failed', exitCode: 3, message, counts: {} }));
    container.exit(3);
  },
  endless: (container) => {
    container.print('a line that is far longer than any screen is wide, '.repeat(12));
    container.onTerminate = () => container.exit(143);
  },
};

/** `settings`: more of the control plane's. */
export async function startPopulatedStack(settings: Record<string, string> = {}): Promise<PopulatedStack> {
  const webRoot = join(root, 'apps/web/dist');
  if (!existsSync(join(webRoot, 'index.html'))) throw new Error('no web UI: run "node script/build.ts web" first');
  const stack = await startTestStack({ WEB_ROOT: webRoot, ...settings });
  const host = await stack.registerHost('etl-01');
  await stack.registerHost(longName);
  const revoked = await stack.registerHost('dmz-01');
  await stack.admin.call('revokeHost', { params: { hostId: revoked.id } });
  const running = await startTestHost(stack, host, programs);

  const jobOf = (name: string, connectionName: string) =>
    stack.createJob({ name, hostId: host.id, parameters: { connectors: ['postgres'], connectionName } });
  const start = async (jobId: JobId) => (await stack.admin.call('startRun', { params: { jobId } })).id;
  const good = await jobOf('nightly lineage', 'shop');
  const failing = await jobOf('the lineage of every schema in the old warehouse, each hour of the day', 'refusing');
  const endless = await jobOf('endless', 'endless');
  await jobOf('never ran', 'shop');
  const goodRun = await start(good.id);
  await stack.finished(goodRun);
  const failedRun = await start(failing.id);
  await stack.finished(failedRun);
  const runningRun = await start(endless.id);
  await addLineage(stack);
  for (const role of ['viewer', 'member'] as const)
    await stack.admin.call('createUser', {
      body: { email: `${role}.with.a.long.address@data.example.com`, name: `A ${role}`, role },
    });
  await stack.admin.call('createAgentApiKey', { body: { name: `key of ${longName}` } });

  const signIn = { email: 'admin@localhost', password: 'correct horse battery' };
  const session = createBrowserSession(stack.apiUrl);
  signIn.email = (
    await session.call('setPassword', { body: { token: stack.adminPasswordToken, password: signIn.password } })
  ).email;
  const { nodes } = await stack.admin.call('searchLineageNodes', { query: { search: 'totals', limit: 1 } });
  return {
    stack,
    signIn,
    jobId: good.id,
    goodRun,
    failedRun,
    runningRun,
    pages: {
      runs: '/runs',
      'runs-none': '/runs?status=timed_out',
      'run-failed': `/runs/${failedRun}`,
      'run-running': `/runs/${runningRun}`,
      jobs: '/jobs',
      job: `/jobs/${failing.id}`,
      'job-create': '/jobs/new',
      'job-edit': fillPath('/jobs/:jobId/edit', { jobId: good.id }),
      lineage: '/lineage',
      'lineage-of': `/lineage?node=${nodes[0]?.id}`,
      hosts: '/settings/agents/hosts',
      host: '/hosts/etl-01',
      'host-register': '/settings/agents/hosts/register',
      'api-keys': '/settings/api-keys',
      users: '/settings/users',
      audit: '/settings/audit',
      storage: '/settings/storage',
      profile: '/settings/profile',
      'not-found': '/no/such/page',
      docs: '/docs',
    },
    [Symbol.asyncDispose]: async () => {
      await running[Symbol.asyncDispose]();
      await stack[Symbol.asyncDispose]();
    },
  };
}

async function addLineage(stack: TestStack): Promise<void> {
  const { id } = await stack.admin.call('createCustomRepository', { body: { name: 'postgres shop' } });
  const base = 'postgres://db:5432/shop';
  const tableOf = (name: string, columns: string[]) => [
    {
      externalId: `${base}.sales.${name}`,
      nodeName: name,
      nodeType: 'TABLE',
      containerExternalId: `${base}.sales`,
    } as const,
    ...columns.map(
      (column) =>
        ({
          externalId: `${base}.sales.${name}#${column}`,
          nodeName: column,
          nodeType: 'COLUMN',
          containerExternalId: `${base}.sales.${name}`,
        }) as const,
    ),
  ];
  const edge = (from: string, to: string) => ({
    upstreamExternalId: `${base}.sales.${from}`,
    downstreamExternalId: `${base}.sales.${to}`,
    transformations: [{ type: 'DIRECT' as const, subtype: 'TRANSFORMATION' as const }],
  });
  await stack.admin.call('syncCustomRepository', {
    body: {
      customRepositoryId: id,
      nodes: [
        { externalId: base, nodeName: 'shop', nodeType: 'DATABASE' },
        { externalId: `${base}.sales`, nodeName: 'sales', nodeType: 'SCHEMA', containerExternalId: base },
        ...tableOf('orders', ['id', 'amount']),
        ...tableOf('customers', ['id', 'name']),
        ...tableOf('totals', ['name', 'total']),
      ],
      edges: [edge('orders#amount', 'totals#total'), edge('customers#name', 'totals#name')],
    },
  });
}
