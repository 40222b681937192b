import { stopSignal } from './stop-signal.ts';

// Nothing that this process or its children make is for other users.
process.umask(0o077);
// Before anything else is loaded, so that there is no moment in which a signal ends us in the middle of something.
const stop = stopSignal();
const { runControlPlane } = await import('./run-control-plane.ts');
process.exit(await runControlPlane(stop));
