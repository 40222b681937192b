/**
 * How right and how fast the lineage of Lineage Plus is, beside sqlglot and sqllineage on the same views in the same run.
 * PostgreSQL's own analysed queries are the truth. The rivals come from PyPI into `.tools/lineage-rivals`, pinned.
 * Run: node bench/lineage/rivals.ts [random views]
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestPostgres } from '@bigeye/testkit';
import { type BenchView, readViewSet, type ViewSet, viewSets } from './view-sets.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const venv = join(root, '.tools/lineage-rivals');
const packages = ['sqlglot[c]==30.30.0', 'sqllineage==1.5.9'];
const rounds = 3;
// Ours is so quick that a few rounds would measure the engine's compiler.
const ownRounds = 30;
// CPU seconds for each rival and set. What it does not reach is left out of its figures, and the number is shown.
const budgetSeconds = 20;
const randomViews = Number(process.argv[2] ?? 200);

/** The sources of each column of one view, or why there are none. */
type Answer = readonly (readonly string[])[] | { readonly failed: string };

interface Result {
  readonly tool: string;
  readonly answers: readonly Answer[];
  /** Milliseconds of CPU in each round, by view: the machine may be busy with other things. */
  readonly times: readonly (readonly number[])[];
}

await installRivals();
await using postgres = await startTestPostgres();
for (const script of await viewSets(postgres.url, randomViews)) {
  const set = await readViewSet(postgres.url, script);
  const results = [measureOwn(set), await measureRival('sqlglot', set), await measureRival('sqllineage', set)];
  const [own] = results;
  console.table(results.map((result) => ({ views: script.name, ...summary(result, set, own ?? result) })));
}

async function installRivals(): Promise<void> {
  if (!existsSync(join(venv, 'bin/sqllineage'))) {
    await run('python3', ['-m', 'venv', venv]);
    await run(join(venv, 'bin/pip'), ['install', '--quiet', ...packages]);
  }
  const { stdout } = await run(join(venv, 'bin/pip'), ['list', '--format=freeze', '--disable-pip-version-check']);
  console.log(
    stdout
      .split('\n')
      .filter((line) => /^(sqlglot|sqllineage)/.test(line))
      .join(', '),
  );
}

function measureOwn({ views, resolve }: ViewSet): Result {
  const times: number[][] = views.map(() => []);
  const answers = views.map((view) => resolve(view));
  for (let round = 0; round < ownRounds; round++) {
    for (const [index, view] of views.entries()) {
      const before = process.cpuUsage();
      resolve(view);
      const { user, system } = process.cpuUsage(before);
      times[index]?.push((user + system) / 1000);
    }
  }
  return { tool: 'lineage-plus', answers, times };
}

async function measureRival(tool: string, { views, tables }: ViewSet): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'lineage-rivals-'));
  try {
    const path = join(folder, 'views.json');
    const asked = views.map(({ sql, columns }) => ({
      sql,
      columns: columns.length,
      names: columns.map(({ name }) => name),
    }));
    await writeFile(path, JSON.stringify({ tables, views: asked }));
    const command = [join(import.meta.dirname, 'rivals.py'), tool, path, `${rounds}`, `${budgetSeconds}`];
    const { stdout } = await run(join(venv, 'bin/python'), command, { maxBuffer: 2 ** 30 });
    const { answers, times } = JSON.parse(stdout);
    return { tool, answers, times };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * A column is right if it has all sources of its value and none that bears neither on it nor on the view's rows: tools differ
 * in what they count of conditions, and all of it passes.
 */
function summary({ tool, answers, times }: Result, { views, tables }: ViewSet, own: Result) {
  const count = { columns: 0, right: 0, wrongEdges: 0, missingEdges: 0, failedViews: 0 };
  for (const [index, answer] of answers.entries()) {
    const { columns } = views[index] as BenchView;
    const sources = 'failed' in answer ? undefined : answer.map((given) => storedColumns(given, tables));
    if (sources === undefined) count.failedViews++;
    for (const [position, { values, all }] of columns.entries()) {
      const given = sources?.[position] ?? [];
      const wrong = given.filter((source) => !all.includes(source)).length;
      const missing = values.filter((source) => !given.includes(source)).length;
      count.columns++;
      count.wrongEdges += wrong;
      count.missingEdges += missing;
      if (wrong + missing === 0 && sources !== undefined) count.right++;
    }
  }
  const reached = times.map((list, index) => (list.length > 0 ? index : -1)).filter((index) => index >= 0);
  const perView = (result: Result) =>
    reached.reduce((sum, index) => sum + median(result.times[index]), 0) / reached.length;
  return {
    tool,
    read: `${answers.length} of ${views.length}`,
    right: `${count.right} of ${count.columns}`,
    wrong: count.wrongEdges,
    missing: count.missingEdges,
    failed: count.failedViews,
    'CPU ms a view': perView({ tool, answers, times }).toFixed(2),
    // On the same views, so that a rival that did not get through all is not compared on others.
    'times ours': (perView({ tool, answers, times }) / perView(own)).toFixed(1),
  };
}

/** Functions and the like, which some tools name as sources, are left out; a star stands for all columns of its table. */
function storedColumns(given: readonly string[], tables: ViewSet['tables']): string[] {
  return given.flatMap((source) => {
    const [schema = '', table = '', ...column] = source.split('.');
    const columns = tables[schema]?.[table];
    if (columns === undefined) return [];
    return column.join('.') === '*' ? Object.keys(columns).map((name) => `${schema}.${table}.${name}`) : [source];
  });
}

function median(values: readonly number[] = []): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
