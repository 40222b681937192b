import { stopSignal } from './stop-signal.ts';

// Before anything else is loaded, so that a signal never ends us in the middle of something.
const stop = stopSignal();
// Nothing that this process or its children make is for other users.
process.umask(0o077);
const { runControlPlane } = await import('./run-control-plane.ts');
process.exit(await runControlPlane(stop));
