import { OWNER_LABEL } from './container-create.ts';
import { Refusal } from './refusal.ts';
import type { Upstream } from './upstream.ts';

const MAX_KNOWN = 10_000;
const MAX_INSPECT_BYTES = 4 * 1024 * 1024;
const INSPECT_TIMEOUT_MS = 10_000;
const FULL_ID = /^[0-9a-f]{64}$/;

/**
 * Which containers are ours. Ids are never used twice and labels never change, so an id known to be ours stays so; names
 * and ids that are not ours are asked anew each time. What cannot be proven to be ours is not ours.
 */
export class Owners {
  private readonly known = new Set<string>();
  private readonly upstream: Upstream;
  private readonly owner: string;
  private readonly prefix: string;

  constructor(upstream: Upstream, owner: string, prefix: string) {
    this.upstream = upstream;
    this.owner = owner;
    this.prefix = prefix;
  }

  /** The full id of an owned container, given its full id or its name. Throws a Refusal for any other. */
  async resolve(container: string): Promise<string> {
    if (this.known.has(container)) return container;
    const request = `GET ${this.prefix}/containers/${container}/json HTTP/1.1\r\nHost: docker\r\n\r\n`;
    let status: number;
    let answer: { Id?: unknown; Name?: unknown; Config?: { Labels?: Record<string, unknown> } };
    try {
      const { head, body } = await this.upstream.ask(request, INSPECT_TIMEOUT_MS, MAX_INSPECT_BYTES);
      status = head.status;
      answer = status === 200 ? JSON.parse(body.toString()) : {};
    } catch {
      throw new Refusal('owner.unknown', 'The owner of the container could not be asked from the daemon.', 502);
    }
    if (status === 404) throw new Refusal('owner.not-found', 'No such container.', 404);
    const id = answer?.Id;
    // The daemon also resolves prefixes, and a container may be named like an id: what was found must be what was named.
    const same = typeof id === 'string' && FULL_ID.test(id) && (id === container || answer.Name === `/${container}`);
    if (!same || (FULL_ID.test(container) && id !== container) || answer.Config?.Labels?.[OWNER_LABEL] !== this.owner)
      throw new Refusal('owner.foreign', 'The container does not belong to this orchestrator.');
    this.add(id);
    return id;
  }

  add(id: string): void {
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.add(id);
  }

  forget(id: string): void {
    this.known.delete(id);
  }
}
