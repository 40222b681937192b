import { useSyncExternalStore } from 'react';

/** One second's beat for all times on the page, so that they change together. Stands still in a hidden tab. */
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function beat(): void {
  if (document.hidden) return;
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(beat, 1000);
  document.addEventListener('visibilitychange', beat);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
    document.removeEventListener('visibilitychange', beat);
  };
}

/** The time now, renewed each second. */
export const useNow = (): Date => new Date(useSyncExternalStore(subscribe, () => now));
