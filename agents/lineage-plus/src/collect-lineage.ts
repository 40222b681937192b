import { join } from 'node:path';
import { type AgentContext, LineFile, OpenLineageEvents } from '@bigeye/agent-kit';
import { toOpenLineageColumns, toOpenLineageView } from './graph/open-lineage-view.ts';
import { selfCheck } from './graph/self-check.ts';
import { SourceNames } from './graph/source-names.ts';
import { viewEdges } from './graph/sync-edges.ts';
import { SyncFile } from './graph/sync-file.ts';
import { lineageOf } from './graph/view-lineage.ts';
import { type InventoryRelation, readInventory } from './postgres/read-inventory.ts';
import { readViewDefinitions } from './postgres/read-view-definitions.ts';
import type { SourceSession } from './postgres/source-session.ts';
import type { PostgresConnection } from './postgres-connection.ts';
import type { Relation } from './resolver/catalog.ts';
import { loadParser } from './sql/parse-query.ts';

export interface IncompleteView {
  readonly view: string;
  readonly reasons: readonly string[];
}

/** What was collected from one connection, and where it lies. */
export interface Collection {
  readonly counts: {
    readonly relations: number;
    readonly columns: number;
    readonly views: number;
    readonly edges: number;
  };
  /** Views whose lineage is not complete, with the reasons. */
  readonly incompleteViews: readonly IncompleteView[];
  /** What is to be sent, on disk. */
  readonly syncPath: string;
}

export interface CollectionFiles {
  readonly folder: string;
  /** Distinguishes the files of several connections; empty for a single one. */
  readonly prefix: string;
  readonly producer: string;
}

/** Reads the source and writes its lineage as OpenLineage and as a sync request, one view in memory at a time. */
export async function collectLineage(
  session: SourceSession,
  connection: PostgresConnection,
  files: CollectionFiles,
  { output, signal }: Pick<AgentContext, 'output' | 'signal'>,
): Promise<Collection> {
  await loadParser();
  const inventory = await readInventory(session, (done, total) =>
    output.progress({ phase: 'inventory', done, total, unit: 'relations' }),
  );
  const { catalog, relations } = inventory;
  const chosen = relations.filter((entry) => isChosen(entry, connection));
  const names = new SourceNames(connection);
  const events = new OpenLineageEvents(files.producer);
  const syncPath = join(files.folder, `${files.prefix}sync-request.json`);
  await using openLineage = new LineFile(join(files.folder, `${files.prefix}openlineage.ndjson`));
  await using sync = new SyncFile(syncPath, names);

  const views = chosen.filter(({ relation }) => isView(relation));
  const seen = new Set(chosen.map(({ relation }) => relation));
  const incompleteViews: IncompleteView[] = [];
  for (const { relation } of chosen.filter((entry) => !isView(entry.relation))) {
    await openLineage.write(events.table(names.dataset(relation), toOpenLineageColumns(relation)));
  }
  let done = 0;
  for await (const definition of readViewDefinitions(session, views)) {
    signal.throwIfAborted();
    const { view, sql, fault } = definition;
    const lineage = lineageOf(definition, catalog);
    for (const relation of lineage.relations) seen.add(relation);
    if (sql !== undefined) {
      await sync.writeView(view, sql);
      await openLineage.write(events.view(toOpenLineageView(lineage, sql, names)));
    }
    await sync.writeEdges(viewEdges(lineage, names));
    const differences = await selfCheck(definition, lineage, inventory, session);
    const reasons = [...lineage.issues, ...differences];
    if (reasons.length > 0) {
      const name = `${view.relation.schema}.${view.relation.name}`;
      const code = lineage.issues.length > 0 ? 'VIEW_NOT_UNDERSTOOD' : 'VIEW_SELF_CHECK';
      incompleteViews.push({ view: name, reasons });
      output.warning({ code: fault?.code ?? code, message: `${name}: ${reasons.join('; ')}` });
    }
    output.progress({ phase: 'resolve', done: ++done, total: views.length, unit: 'views' });
  }

  const reported = relations.filter(({ relation }) => seen.has(relation));
  await openLineage.commit();
  await sync.commit(reported);
  const columns = reported.reduce((count, { relation }) => count + relation.columns.length, 0);
  return {
    counts: { relations: reported.length, columns, views: views.length, edges: sync.edges },
    incompleteViews,
    syncPath,
  };
}

function isChosen({ relation, isSystem }: InventoryRelation, { schemas }: PostgresConnection): boolean {
  // Sequences are not reported by themselves; one that a view reads is reported with that view.
  if (relation.kind === 'sequence') return false;
  return schemas === undefined ? !isSystem : schemas.includes(relation.schema);
}

function isView({ kind }: Relation): boolean {
  return kind === 'view' || kind === 'materialized view';
}
