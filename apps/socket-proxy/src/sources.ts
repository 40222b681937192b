import { lstatSync, type Stats } from 'node:fs';
import type { Policy } from './policy.ts';
import { refuse } from './refusal.ts';

/**
 * What the folders below the runs root are, as the guard itself sees them. A path is a text, and the daemon follows a link
 * in it with root's rights; so the runs root is mounted into the guard too, and a source must be a folder, no link, and
 * belong to the run's user or to root. No client can swap it after this look: whoever speaks to the guard may write
 * inside of the folders in the runs root, and never in the runs root itself.
 */
export class Sources {
  private readonly runsRoot: string;
  private readonly owners: number[];

  constructor({ runsRoot, user }: Pick<Policy, 'runsRoot' | 'user'>) {
    this.runsRoot = runsRoot;
    this.owners = [0, Number.parseInt(user, 10)];
  }

  /** False where the runs root is not mounted into the guard: then a source is judged as a text alone. */
  get isVisible(): boolean {
    return look(this.runsRoot, 'policy.runsRoot') !== undefined;
  }

  /** Throws a Refusal under the rule `at` unless each is what a run may get, as far as the guard can see. */
  judge(sources: string[], at: string): void {
    if (sources.length === 0 || !this.isVisible) return;
    for (const source of sources) {
      const name = source.startsWith(`${this.runsRoot}/`) ? source.slice(this.runsRoot.length + 1) : '';
      if (!/^[a-z0-9][a-z0-9_-]*$/.test(name)) refuse(at, 'must be a folder directly below the runs root');
      const found = look(source, at) ?? refuse(at, 'must be there');
      if (!found.isDirectory()) refuse(at, 'must be a folder and no link');
      if (!this.owners.includes(found.uid)) refuse(at, "must belong to the run's user");
    }
  }
}

/** The host folders among the mounts of a create request or of an inspected container. */
export function bindSourcesOf(mounts: { Type?: string; Source?: string }[] | null | undefined): string[] {
  return (mounts ?? []).flatMap(({ Type, Source = '' }) => (Type === 'bind' ? [Source] : []));
}

function look(file: string, at: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch {
    return refuse(at, 'cannot be looked at');
  }
}
