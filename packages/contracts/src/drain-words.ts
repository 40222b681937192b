import type { Host } from './hosts.ts';
import { plural } from './plural.ts';

/** How far the draining of a host has come, for people; undefined where it takes runs. */
export function drainWordsOf({ drain, slots, runningRuns }: Host): string | undefined {
  const active = Math.max(slots?.taken ?? 0, runningRuns);
  switch (drain?.state) {
    case undefined:
      return undefined;
    case 'asked':
      return slots
        ? 'draining, not confirmed by the host yet'
        : 'draining, not confirmed: its orchestrator does not say that it can, and may start runs';
    case 'draining':
      return `draining, ${plural(active, 'run')} ${active === 1 ? 'goes' : 'go'} on`;
    case 'drained':
      return 'drained, nothing runs here';
  }
}
