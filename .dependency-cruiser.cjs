/** Who may import whom: ARCHITECTURE.md holds the picture, tests/repository.test.ts proves that each rule bites. */
const own = '^(packages|apps|agents|demo|tests|bench|script)/';
const tests = '\\.test\\.tsx?$|/testing/|^tests/|^bench/';

/** A workspace may import itself, libraries, and exactly these other workspaces. */
const mayImport = (from, allowed, exceptFiles = []) => ({
  name: `${from.replace(/\W+/g, '-')}-imports`,
  comment: `${from} may import ${allowed.length > 0 ? allowed.join(', ') : 'no other workspace'}.`,
  severity: 'error',
  from: { path: `^${from}/`, pathNot: [tests, ...exceptFiles] },
  to: { path: own, pathNot: [`^${from}/`, ...allowed.map((name) => `^${name}/`)] },
});

/** The floors of the control plane, from the ground up. A folder may import itself and what lies on lower floors. */
const floors = [
  ['machine'],
  ['db'],
  ['objects'],
  ['http'],
  ['keys', 'audit'],
  ['access'],
  ['hosts'],
  ['jobs'],
  ['runs'],
  ['lineage', 'retention'],
  ['temporal', 'gateway'],
  ['roles'],
];
const controlPlane = '^apps/control-plane/src/';
const floorRules = floors.flatMap((rooms, floor) =>
  rooms.map((room) => ({
    name: `control-plane-${room}-imports-downward`,
    comment: `${room}/ may import what lies below it. What two nouns share lives with the higher one (ARCHITECTURE.md).`,
    severity: 'error',
    from: { path: `${controlPlane}${room}/`, pathNot: [tests] },
    to: {
      path: controlPlane,
      pathNot: [
        ...[room, ...floors.slice(0, floor).flat()].map((allowed) => `${controlPlane}${allowed}/`),
        // The settings know what each room wants to be told, and are told to the rooms by the roles.
        ...(room === 'roles' ? [`${controlPlane}config\\.ts$`] : []),
      ],
    },
  })),
);

const kit = ['packages/contracts', 'packages/service-kit'];

module.exports = {
  forbidden: [
    mayImport('packages/contracts', []),
    mayImport('packages/workflows', ['packages/contracts']),
    mayImport('packages/service-kit', ['packages/contracts']),
    mayImport('packages/host-kit', kit),
    mayImport('packages/orchestrator', [...kit, 'packages/host-kit']),
    mayImport('packages/agent-kit', ['packages/contracts']),
    mayImport('packages/server-kit', ['packages/contracts']),
    mayImport('apps/cli', [...kit, 'packages/host-kit', 'packages/orchestrator']),
    mayImport('apps/socket-proxy', []),
    mayImport('apps/control-plane', [...kit, 'packages/server-kit', 'packages/workflows']),
    mayImport('apps/web', ['packages/contracts']),
    mayImport('agents/[^/]+', ['packages/contracts', 'packages/agent-kit']),
    mayImport('demo/[^/]+', ['packages/contracts', 'packages/server-kit']),
    ...floorRules,
    {
      name: 'control-plane-folder-has-a-floor',
      comment: 'A new folder is put on a floor, in this file and in ARCHITECTURE.md.',
      severity: 'error',
      from: {
        path: `${controlPlane}[^/]+/`,
        pathNot: [tests, ...floors.flat().map((room) => `${controlPlane}${room}/`)],
      },
      to: {},
    },
    {
      name: 'cli-loads-orchestrator-in-serve-only',
      comment: 'Operators should not pay for the Temporal SDK: only commands/serve.ts imports it.',
      severity: 'error',
      from: { path: '^apps/cli/', pathNot: [tests, '^apps/cli/src/commands/serve\\.ts$'] },
      to: { path: '^packages/orchestrator/' },
    },
    {
      name: 'only-host-kit-containers-speaks-the-engine-api',
      severity: 'error',
      from: { pathNot: ['^packages/host-kit/src/containers/', tests] },
      to: { path: '^packages/host-kit/src/containers/engine-client\\.ts$' },
    },
    {
      name: 'only-stores-and-db-speak-sql',
      severity: 'error',
      from: {
        path: '^apps/control-plane/',
        pathNot: ['-store\\.ts$', '^apps/control-plane/src/db/', tests],
      },
      to: { path: 'node_modules/(kysely|pg)/' },
    },
    {
      name: 'only-temporal-folders-know-temporal',
      severity: 'error',
      from: {
        pathNot: [
          '^packages/workflows/',
          '^packages/orchestrator/',
          '^packages/service-kit/src/(failures|failure-converter|data-converter|payload-codec)\\.ts$',
          '^apps/control-plane/src/(temporal|gateway)/',
          '^script/build\\.ts$',
          tests,
        ],
      },
      to: { path: 'node_modules/@temporalio/' },
    },
    {
      name: 'testkit-in-tests-only',
      severity: 'error',
      from: { pathNot: ['^packages/testkit/', tests] },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'contracts-and-workflows-run-anywhere',
      severity: 'error',
      from: { path: '^packages/(contracts|workflows)/', pathNot: [tests] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'workflows-use-their-door',
      comment:
        'What a workflow imports is initialised for each run. tests/workflow-bundle.test.ts holds what comes through.',
      severity: 'error',
      from: { path: '^packages/workflows/', pathNot: [tests] },
      to: { path: '^packages/contracts/', pathNot: ['^packages/contracts/src/workflow\\.ts$'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    // Anchored: libraries have folders of that name too, and a rule would be blind to them.
    exclude: { path: ['^dist/', '^apps/[^/]+/dist/'] },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
