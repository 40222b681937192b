import { useEffect, useState } from 'react';
import type { JobDraft } from './job-form-state.ts';

const keyOf = (jobId: string | undefined) => `job-draft:${jobId ?? 'new'}`;

/**
 * What the form holds, kept in this tab until it is saved or given up, so that neither a reload nor the way back nor an
 * ended session costs what was typed. What was typed over an older version of the job is not brought back.
 */
export function useKeptDraft(jobId: string | undefined, initial: JobDraft) {
  const base = JSON.stringify(initial);
  const [kept] = useState(() => read(keyOf(jobId), base));
  const [draft, setDraft] = useState(kept ?? initial);
  const [isBack, setIsBack] = useState(kept !== undefined);
  useEffect(() => {
    if (JSON.stringify(draft) !== base) sessionStorage.setItem(keyOf(jobId), JSON.stringify({ base, draft }));
  }, [jobId, base, draft]);
  const forget = () => {
    sessionStorage.removeItem(keyOf(jobId));
    setIsBack(false);
  };
  return {
    draft,
    /** It holds what was typed earlier. */
    isBack,
    change: (part: Partial<JobDraft>) => setDraft((before) => ({ ...before, ...part })),
    forget,
    startOver: () => {
      forget();
      setDraft(initial);
    },
  };
}

function read(key: string, base: string): JobDraft | undefined {
  const text = sessionStorage.getItem(key);
  if (text === null) return undefined;
  const stored = JSON.parse(text) as { base: string; draft: JobDraft };
  return stored.base === base && JSON.stringify(stored.draft) !== base ? stored.draft : undefined;
}
