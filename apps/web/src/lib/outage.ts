import { useSyncExternalStore } from 'react';
import { createReadGate, type Outage } from './read-gate.ts';

/** The gate of this page. */
export const readGate = createReadGate({ isHidden: () => globalThis.document?.hidden ?? false });
globalThis.document?.addEventListener('visibilitychange', readGate.lookedAt);

/** The outage there is, if there is one. */
export const useOutage = (): Outage | undefined => useSyncExternalStore(readGate.subscribe, readGate.outage);
