import { layOut } from './layout.ts';

// In a thread of its own: a hundred tables take long enough to be felt.
addEventListener('message', ({ data }) => postMessage(layOut(data)));
