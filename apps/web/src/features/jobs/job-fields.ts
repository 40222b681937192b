import { sentenceOf } from '../../lib/format.ts';
import type { JobDraft } from './job-form-state.ts';

/** The settings of a job as the form asks for them. */
export const times = [
  ['startTimeoutSeconds', 'May wait to start'],
  ['runTimeoutSeconds', 'May run'],
  ['cancelGraceSeconds', 'Grace at cancel'],
] as const;
export const limits = [
  ['memoryMib', 'Memory', ' MiB'],
  ['cpus', 'CPUs', ''],
  ['pids', 'Processes', ''],
] as const;

/** One field that another has changed; `mine` where something else was typed into it. */
export interface FieldChange {
  label: string;
  from: string;
  to: string;
  mine: string | undefined;
}

/** What the other's version has changed since `base`, beside what was typed over `base`. */
export function changesOf(base: JobDraft, theirs: JobDraft, mine: JobDraft): FieldChange[] {
  return fieldsOf(base, theirs)
    .filter(({ of }) => !isSame(of(base), of(theirs)))
    .map(({ label, of }) => {
      const isTyped = !isSame(of(base), of(mine)) && !isSame(of(theirs), of(mine));
      return { label, from: words(of(base)), to: words(of(theirs)), mine: isTyped ? words(of(mine)) : undefined };
    });
}

/** What was typed over `base`, with what the other has changed; where both did, the other's. */
export function withTheirs(base: JobDraft, theirs: JobDraft, mine: JobDraft): JobDraft {
  const merge = <Part extends object>(part: (draft: JobDraft) => Part): Part => {
    const [before, after] = [part(base) as Record<string, unknown>, part(theirs) as Record<string, unknown>];
    const changed = Object.entries(after).filter(([name, value]) => !isSame(before[name], value));
    return { ...part(mine), ...Object.fromEntries(changed) };
  };
  const whole = merge((draft) => draft);
  // Parameters belong to an agent type: those of two cannot be put together.
  const isOfOneType = base.agentType === theirs.agentType && mine.agentType === theirs.agentType;
  const ofWhole = whole.agentType === theirs.agentType ? theirs.parameters : mine.parameters;
  return {
    ...whole,
    parameters: isOfOneType ? merge(({ parameters }) => parameters) : ofWhole,
    settings: { ...merge(({ settings }) => settings), limits: merge(({ settings }) => settings.limits) },
  };
}

interface Field {
  label: string;
  of: (draft: JobDraft) => unknown;
}

function fieldsOf(...drafts: JobDraft[]): Field[] {
  const parameters = [...new Set(drafts.flatMap((draft) => Object.keys(draft.parameters)))];
  return [
    { label: 'Host', of: ({ hostId }) => hostId },
    { label: 'Agent type', of: ({ agentType }) => agentType },
    { label: 'Name', of: ({ name }) => name },
    ...parameters.map((name): Field => ({ label: sentenceOf(name), of: (draft) => draft.parameters[name] })),
    ...times.map(([name, label]): Field => ({ label, of: ({ settings }) => settings[name] })),
    ...limits.map(([name, label]): Field => ({ label, of: ({ settings }) => settings.limits[name] })),
  ];
}

export const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function words(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === '' || value === null || value === undefined ? 'nothing' : String(value);
}
