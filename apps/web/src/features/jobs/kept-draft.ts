import { useEffect, useState } from 'react';
import { isSame, withTheirs } from './job-fields.ts';
import type { JobDraft } from './job-form-state.ts';

const keyOf = (jobId: string | undefined) => `job-draft:${jobId ?? 'new'}`;

/** A version of a job, and how the form shows it; 0 of one that is not made yet. */
export interface DraftBase {
  version: number;
  draft: JobDraft;
}

/**
 * What the form holds, kept in this tab until it is saved or given up, so that neither a reload nor the way back nor an
 * ended session costs what was typed. `now`: the job as it is now. Where nothing was typed the form follows it; where something
 * was, over an older version, `isBehind` says so, and nothing of either is lost until it is decided.
 */
export function useKeptDraft(jobId: string | undefined, now: DraftBase) {
  const [kept] = useState(() => read(keyOf(jobId), now));
  const [base, setBase] = useState(kept?.base ?? now);
  const [draft, setDraft] = useState(kept?.draft ?? now.draft);
  const [isBack, setIsBack] = useState(kept !== undefined);
  const isTyped = !isSame(draft, base.draft);
  const isBehind = base.version !== now.version;
  const start = (from: DraftBase, with_: JobDraft) => {
    setBase(from);
    setDraft(with_);
  };
  if (isBehind && !isTyped) start(now, now.draft);
  useEffect(() => {
    if (isTyped) sessionStorage.setItem(keyOf(jobId), JSON.stringify({ base, draft }));
  }, [jobId, base, draft, isTyped]);
  const forget = () => {
    sessionStorage.removeItem(keyOf(jobId));
    setIsBack(false);
  };
  return {
    draft,
    base,
    /** It holds what was typed earlier. */
    isBack,
    isBehind: isBehind && isTyped,
    change: (part: Partial<JobDraft>) => setDraft((before) => ({ ...before, ...part })),
    forget,
    startOver: () => {
      forget();
      start(now, now.draft);
    },
    /** Puts what the newer version changed into the form. */
    takeOver: () => start(now, withTheirs(base.draft, now.draft, draft)),
    /** What was typed counts from now on as typed over the newer version. */
    keepMine: () => start(now, draft),
  };
}

/** What was typed for a new job is brought back only where it would begin the same. */
function read(key: string, now: DraftBase): { base: DraftBase; draft: JobDraft } | undefined {
  const text = sessionStorage.getItem(key);
  if (text === null) return undefined;
  const stored = JSON.parse(text) as { base: DraftBase | string; draft: JobDraft };
  // An older version of this page kept the text of the draft alone.
  if (typeof stored.base === 'string' || isSame(stored.draft, stored.base.draft)) return undefined;
  const { base, draft } = stored;
  return now.version > 0 || isSame(base, now) ? { base, draft } : undefined;
}
