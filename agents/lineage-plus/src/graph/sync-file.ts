import { createReadStream } from 'node:fs';
import { LineFile } from '@bigeye/agent-kit';
import type { LineageSyncNode } from '@bigeye/contracts';
import type { InventoryRelation } from '../postgres/read-inventory.ts';
import type { Relation } from '../resolver/catalog.ts';
import type { SourceNames } from './source-names.ts';
import type { SyncEdge } from './sync-edges.ts';
import { databaseNode, relationNodes, schemaNode } from './sync-nodes.ts';
import { syncFileMarks } from './sync-parts.ts';

/**
 * The edges and nodes of a sync as a file: a JSON object with an edge or a node on each line. Written piece by piece,
 * because it may be larger than the container's memory; the nodes of views, with their texts, wait in a file of their own
 * until all edges are known.
 */
export class SyncFile implements AsyncDisposable {
  readonly #file: LineFile;
  readonly #views: LineFile;
  readonly #names: SourceNames;
  readonly #written = new Set<Relation>();
  #edges = 0;

  constructor(path: string, names: SourceNames) {
    this.#file = new LineFile(path);
    this.#views = new LineFile(`${path}.views`);
    this.#names = names;
  }

  get edges(): number {
    return this.#edges;
  }

  /** One view, after which its text is not needed any more. */
  async writeView(view: InventoryRelation, sql: string): Promise<void> {
    this.#written.add(view.relation);
    for (const node of this.#nodesOf(view, sql)) await this.#views.write(`,\n${JSON.stringify(node)}`);
  }

  /** Edges come first, because only they tell which nodes outside the chosen schemas are needed. */
  async writeEdges(edges: readonly SyncEdge[]): Promise<void> {
    for (const edge of edges) {
      await this.#file.write(`${this.#edges++ === 0 ? `${syncFileMarks.edges}\n` : ',\n'}${JSON.stringify(edge)}`);
    }
  }

  /** Nodes of all relations that are not written yet, then the file gets its name. */
  async commit(relations: readonly InventoryRelation[]): Promise<void> {
    await this.#file.write(`${this.#edges === 0 ? syncFileMarks.edges : ''}\n${syncFileMarks.nodes}\n`);
    await this.#file.write(JSON.stringify(databaseNode(this.#names)));
    for (const schema of new Set(relations.map(({ relation }) => relation.schema))) {
      await this.#writeNode(schemaNode(schema, this.#names));
    }
    for (const entry of relations.filter(({ relation }) => !this.#written.has(relation))) {
      for (const node of this.#nodesOf(entry, undefined)) await this.#writeNode(node);
    }
    await this.#views.close();
    for await (const piece of createReadStream(this.#views.partPath, 'utf8')) await this.#file.write(piece);
    await this.#file.write(`\n${syncFileMarks.end}\n`);
    await this.#file.commit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
    await this.#views[Symbol.asyncDispose]();
  }

  #nodesOf({ relation, partitionOf }: InventoryRelation, sql: string | undefined): LineageSyncNode[] {
    const relationKind = relation.kind === 'table' || relation.kind.endsWith('view') ? undefined : relation.kind;
    return relationNodes(relation, { sql, relationKind, partitionOf }, this.#names);
  }

  async #writeNode(node: LineageSyncNode): Promise<void> {
    await this.#file.write(`,\n${JSON.stringify(node)}`);
  }
}
