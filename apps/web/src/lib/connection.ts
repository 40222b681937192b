import { useSyncExternalStore } from 'react';

/** Shorter interruptions are nobody's concern. */
const tellAfterMs = 3000;
const askEveryMs = 2000;

let lost = false;
let told = false;
let asking: ReturnType<typeof setInterval> | undefined;
let telling: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
const restoredListeners = new Set<() => void>();

/** Called with every answer of the control plane, whatever it says. */
export function connectionWorks(): void {
  if (!lost) return;
  lost = false;
  clearInterval(asking);
  clearTimeout(telling);
  if (told) {
    told = false;
    for (const listener of listeners) listener();
  }
  for (const listener of restoredListeners) listener();
}

/** Called when nobody answered; from then on it is asked again and again. */
export function connectionFailed(): void {
  if (lost) return;
  lost = true;
  asking = setInterval(() => {
    fetch('/healthz').then(
      (reply) => reply.ok && connectionWorks(),
      () => undefined,
    );
  }, askEveryMs);
  telling = setTimeout(() => {
    told = true;
    for (const listener of listeners) listener();
  }, tellAfterMs);
}

/** `listener` runs whenever a lost connection is back. */
export function onConnectionRestored(listener: () => void): () => void {
  restoredListeners.add(listener);
  return () => restoredListeners.delete(listener);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** True once the control plane has not answered for 3 s. */
export const useConnectionLost = (): boolean => useSyncExternalStore(subscribe, () => told);
