import { isActive, type Run } from '@bigeye/contracts';

const stageOf = ({ status }: Run): number => (status === 'queued' ? 0 : isActive(status) ? 1 : 2);

/**
 * The run as it is known best. Answers and events overtake each other on their ways; a run never goes back, so what tells
 * of an earlier stage is old.
 */
export function newerRun(known: Run | undefined, told: Run): Run {
  if (!known || known.id !== told.id) return told;
  const newer = stageOf(told) < stageOf(known) ? known : told;
  return { ...newer, logLines: Math.max(known.logLines, told.logLines) };
}
