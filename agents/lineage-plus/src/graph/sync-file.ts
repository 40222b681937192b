import { openAsBlob } from 'node:fs';
import { LineFile } from '@bigeye/agent-kit';
import type { LineageSyncNode } from '@bigeye/contracts';
import type { InventoryRelation } from '../postgres/read-inventory.ts';
import type { Relation } from '../resolver/catalog.ts';
import type { SourceNames } from './source-names.ts';
import type { SyncEdge } from './sync-edges.ts';
import { databaseNode, relationNodes, schemaNode } from './sync-nodes.ts';

/**
 * The edges and nodes of a sync request, written piece by piece as the two fields of a JSON object that is still open;
 * `toSyncRequest` closes it. On disk, because it may be larger than the container's memory.
 */
export class SyncFile implements AsyncDisposable {
  readonly #file: LineFile;
  readonly #names: SourceNames;
  #edges = 0;

  constructor(path: string, names: SourceNames) {
    this.#file = new LineFile(path);
    this.#names = names;
  }

  get edges(): number {
    return this.#edges;
  }

  /** Edges come first, because only they tell which nodes outside the chosen schemas are needed. */
  async writeEdges(edges: readonly SyncEdge[]): Promise<void> {
    for (const edge of edges) {
      await this.#file.write(`${this.#edges++ === 0 ? '{"edges":[\n' : ',\n'}${JSON.stringify(edge)}`);
    }
  }

  async writeNodes(relations: readonly InventoryRelation[], definitions: ReadonlyMap<Relation, string>): Promise<void> {
    await this.#file.write(`${this.#edges === 0 ? '{"edges":[' : ''}],"nodes":[\n`);
    await this.#file.write(JSON.stringify(databaseNode(this.#names)));
    for (const schema of new Set(relations.map(({ relation }) => relation.schema))) {
      await this.#writeNode(schemaNode(schema, this.#names));
    }
    for (const { relation, partitionOf } of relations) {
      const relationKind = relation.kind === 'table' || relation.kind.endsWith('view') ? undefined : relation.kind;
      const details = { sql: definitions.get(relation), relationKind, partitionOf };
      for (const node of relationNodes(relation, details, this.#names)) await this.#writeNode(node);
    }
  }

  async commit(): Promise<void> {
    await this.#file.write('],"cleanupStale":true}\n');
    await this.#file.commit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file[Symbol.asyncDispose]();
  }

  async #writeNode(node: LineageSyncNode): Promise<void> {
    await this.#file.write(`,\n${JSON.stringify(node)}`);
  }
}

/** The request for one repository, read from disk only while it is sent. */
export async function openSyncRequest(path: string, repository: { id: number; workspaceId: number }): Promise<Blob> {
  const file = await openAsBlob(path);
  const head = `{"customRepositoryId":${repository.id},"workspaceId":${repository.workspaceId},`;
  return new Blob([head, file.slice(1)], { type: 'application/json' });
}
