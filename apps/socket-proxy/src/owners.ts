import { OWNER_LABEL } from './container-create.ts';
import type { Daemon } from './daemon.ts';
import { Refusal } from './refusal.ts';

const MAX_KNOWN = 10_000;
const FULL_ID = /^[0-9a-f]{64}$/;

/**
 * Which containers are ours. Ids are never used twice and labels never change, so an id known to be ours stays so; names,
 * and ids that are not ours, are asked anew each time. What cannot be proven to be ours is not ours.
 */
export class Owners {
  private readonly known = new Set<string>();
  private readonly daemon: Daemon;
  private readonly owner: string;

  constructor(daemon: Daemon, owner: string) {
    this.daemon = daemon;
    this.owner = owner;
  }

  /** The full id of an owned container, given its full id or its name. Throws a Refusal for any other. */
  async resolve(container: string): Promise<string> {
    if (this.known.has(container)) return container;
    const { status, body } = await this.daemon.ask({ method: 'GET', target: `/containers/${container}/json` });
    if (status === 404) throw new Refusal('owner.not-found', 'No such container.', 404);
    const found = status === 200 ? JSON.parse(body.toString()) : {};
    // The daemon resolves prefixes too, and a container may be named like an id: what was found must be what was named.
    const named = FULL_ID.test(container) ? found.Id : String(found.Name).replace('/', '');
    if (named !== container || !FULL_ID.test(found.Id) || found.Config?.Labels?.[OWNER_LABEL] !== this.owner)
      throw new Refusal('owner.foreign', 'The container does not belong to this orchestrator.');
    this.add(found.Id);
    return found.Id;
  }

  add(id: string): void {
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.add(id);
  }

  forget(id: string): void {
    this.known.delete(id);
  }
}
