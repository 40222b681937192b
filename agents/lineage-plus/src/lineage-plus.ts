import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AgentContext,
  AgentFailure,
  type AgentOutcome,
  type AgentProgram,
  BigeyeClient,
  syncLineage,
} from '@bigeye/agent-kit';
import { AgentRunFile, plural } from '@bigeye/contracts';
import { collectLineage } from './collect-lineage.ts';
import { type ColumnPath, isInDatabase, parseColumnPath } from './column-path.ts';
import { parseCommandLine, type RunOptions } from './command-line.ts';
import { explainColumn } from './explain-column.ts';
import { syncParts } from './graph/sync-parts.ts';
import { openSourceSession } from './postgres/source-session.ts';
import { type PostgresConnection, parsePostgresConnections } from './postgres-connection.ts';
import { removeUnfinished } from './remove-unfinished.ts';

const version = '0.1.0';
const producer = `urn:bigeye:agent:lineage-plus:${version}`;

/** Lineage Plus: reads a PostgreSQL catalog, resolves its views, and reports lineage to the control plane and to files. */
export const lineagePlus: AgentProgram = { name: 'lineage-plus', version, run };

async function run(context: AgentContext): Promise<AgentOutcome> {
  const options = parseCommandLine(context.args);
  if (options === 'version') return { outcome: 'succeeded', message: `lineage-plus ${version}`, counts: {} };
  const connections = await loadConnections(options, context);
  if (options.command === 'check') return check(connections, context);
  if (options.column !== undefined) return explain(parseColumnPath(options.column), connections, context);
  context.report.writeTo(options.outFolder);
  await removeUnfinished(options.outFolder);
  return runConnections(connections, options, context);
}

async function loadConnections(options: RunOptions, context: AgentContext): Promise<PostgresConnection[]> {
  const fileName = 'postgres.properties';
  const text = await readFile(join(options.inFolder, fileName), 'utf8').catch((cause: unknown) => {
    throw new AgentFailure(
      'usage',
      `${join(options.inFolder, fileName)} cannot be read.`,
      'On the host, run "bigeye-agent add-connector -c postgres".',
      { cause },
    );
  });
  const connections = parsePostgresConnections(text, fileName);
  for (const { password, bigeye } of connections) {
    context.masker.add(password);
    context.masker.add(bigeye.apiKey);
  }
  const runFile = await readFile(join(options.inFolder, 'run.json'), 'utf8').catch(() => undefined);
  if (runFile !== undefined) {
    const { runId, jobId, hostId } = AgentRunFile.parse(JSON.parse(runFile));
    context.report.set('run', { runId, jobId, hostId });
  }
  const chosen = connections.filter(({ name }) => [undefined, name].includes(options.connectionName));
  if (chosen.length > 0) return chosen;
  const known = connections.map(({ name }) => `"${name}"`).join(', ');
  throw new AgentFailure('usage', `There is no connection "${options.connectionName}".`, `Use one of ${known}.`);
}

async function check(connections: readonly PostgresConnection[], context: AgentContext): Promise<AgentOutcome> {
  for (const connection of connections) {
    await using session = await openSourceSession(connection, producer);
    await session.rows('SELECT 1');
    await bigeyeClient(connection, context).listCustomRepositories();
    context.log.info({ connection: connection.name }, 'connected to source and control plane');
  }
  const message = connections.length === 1 ? '1 connection works.' : `${connections.length} connections work.`;
  return { outcome: 'succeeded', message, counts: { connections: connections.length } };
}

async function explain(
  path: ColumnPath,
  connections: readonly PostgresConnection[],
  context: AgentContext,
): Promise<AgentOutcome> {
  const [connection, ...more] = connections.filter(({ database }) => isInDatabase(path, database));
  if (connection === undefined) {
    const known = connections.map(({ database }) => database).join(', ');
    throw new AgentFailure('usage', `No connection reads the database of "${path.text}".`, `Use one of ${known}.`);
  }
  if (more.length > 0) {
    const names = [connection, ...more].map(({ name }) => `-n ${name}`).join(' or ');
    throw new AgentFailure('usage', `Several connections may read the database of "${path.text}".`, `Add ${names}.`);
  }
  await using session = await openSourceSession(connection, producer);
  const { hops, incompleteViews } = await explainColumn(session, path, connection.database);
  for (const { depth, column, ways } of hops) context.log.info({}, `${'  '.repeat(depth)}${column} ${ways.join('+')}`);
  for (const { view, reasons } of incompleteViews)
    context.output.warning({ code: 'VIEW_INCOMPLETE', message: `${view}: ${reasons.join('; ')}` });
  const message = `${path.text} comes from ${plural(hops.length, 'column')}.`;
  const counts = { hops: hops.length, incompleteViews: incompleteViews.length };
  if (incompleteViews.length === 0) return { outcome: 'succeeded', message, counts };
  const remedy = 'The warnings name the views and why; try again when they can be read.';
  return {
    outcome: 'partial',
    message: `${message} ${plural(incompleteViews.length, 'view is', 'views are')} incomplete on the way.`,
    remedy,
    counts,
  };
}

/** One connection that fails does not keep the others from their lineage; if none works, the first failure is the run's. */
async function runConnections(
  connections: readonly PostgresConnection[],
  options: RunOptions,
  context: AgentContext,
): Promise<AgentOutcome> {
  const totals: Record<string, number> = {
    connections: 0,
    relations: 0,
    columns: 0,
    views: 0,
    edges: 0,
    incompleteViews: 0,
  };
  const sections: unknown[] = [];
  const failures: unknown[] = [];
  for (const [index, connection] of connections.entries()) {
    try {
      const prefix = connections.length === 1 ? '' : `${index + 1}-`;
      const { counts, incompleteViews } = await runConnection(connection, prefix, options, context);
      sections.push({ connection: connection.name, counts, incompleteViews });
      for (const [name, count] of Object.entries({
        connections: 1,
        ...counts,
        incompleteViews: incompleteViews.length,
      })) {
        totals[name] = (totals[name] ?? 0) + count;
      }
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof AgentFailure)) throw error;
      failures.push(error);
      sections.push({ connection: connection.name, code: error.code, failure: error.message, remedy: error.remedy });
      context.output.warning({
        code: 'CONNECTION_FAILED',
        message: `${connection.name}: ${error.message} ${error.remedy}`,
      });
    } finally {
      context.report.set('connections', sections);
    }
  }
  if (failures.length === connections.length) throw failures[0];
  return toOutcome(totals, failures.length);
}

function toOutcome(counts: Record<string, number>, failures: number): AgentOutcome {
  const { views = 0, relations = 0, connections = 0, edges = 0, incompleteViews = 0 } = counts;
  const message = `${plural(views, 'view')} and ${plural(relations, 'relation')} of ${plural(connections, 'connection')}, ${plural(edges, 'edge')}.`;
  if (failures === 0 && incompleteViews === 0) return { outcome: 'succeeded', message, counts };
  const lacking = `${plural(incompleteViews, 'view')} incomplete, ${plural(failures, 'connection')} failed.`;
  return { outcome: 'partial', message: `${message} ${lacking}`, remedy: 'See the warnings in report.json.', counts };
}

async function runConnection(
  connection: PostgresConnection,
  prefix: string,
  options: RunOptions,
  context: AgentContext,
) {
  const collection = await collectFrom(connection, prefix, options, context);
  context.log.info({ connection: connection.name, ...collection.counts }, 'lineage collected');
  if (!options.dryRun) await sync(connection, collection.syncPath, context);
  return collection;
}

async function collectFrom(connection: PostgresConnection, prefix: string, options: RunOptions, context: AgentContext) {
  // Closed before anything is sent: a source's snapshot must not stay open for the sake of a slow control plane.
  await using session = await openSourceSession(connection, producer);
  return await collectLineage(session, connection, { folder: options.outFolder, prefix, producer }, context);
}

async function sync(connection: PostgresConnection, syncPath: string, context: AgentContext): Promise<void> {
  const { output, log } = context;
  output.progress({ phase: 'sync', done: 0, unit: 'parts' });
  const client = bigeyeClient(connection, context);
  const name = `Lineage Plus: postgres ${connection.name}`;
  const { workspaceId } = connection.bigeye;
  const known = (await client.listCustomRepositories()).find(
    (repository) => repository.name === name && repository.workspaceId === workspaceId,
  );
  const repository = known ?? (await client.createCustomRepository({ name, workspaceId }));
  const { nodes, edges, sent, unchanged } = await syncLineage(client, {
    repositoryId: repository.id,
    parts: () => syncParts(syncPath),
    onProgress: (done, total) => output.progress({ phase: 'sync', done, total, unit: 'parts' }),
  });
  log.info(
    { connection: connection.name, nodes, edges, parts: sent },
    unchanged ? 'lineage is what the control plane has already' : 'lineage sent',
  );
}

function bigeyeClient({ bigeye }: PostgresConnection, { log, signal }: AgentContext): BigeyeClient {
  return new BigeyeClient({ baseUrl: bigeye.host, apiKey: bigeye.apiKey, log, signal });
}
